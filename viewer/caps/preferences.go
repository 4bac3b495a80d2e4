package caps

import (
	"errors"
	"net/http"

	"terrane/grid"
	"terrane/wire/llsd"
)

// preferences changes what of the user's preferences a request mentions, and answers with all of them.
func (o *Owner) preferences(w http.ResponseWriter, r *http.Request) {
	v, ok := Read(w, r)
	if !ok {
		return
	}
	p, err := o.Services.Preferences.Preferences(r.Context(), o.Agent)
	if errors.Is(err, grid.ErrNotFound) {
		p, err = grid.DefaultPreferences(o.Agent), nil
	}
	m := llsd.AsMap(v)
	if err == nil && len(m) > 0 {
		hovered := merge(&p, m)
		if err = o.Services.Preferences.SetPreferences(r.Context(), p); err == nil && hovered {
			o.SetHover(p.Hover)
		}
	}
	if err != nil {
		http.Error(w, "The preferences cannot be stored now.", http.StatusServiceUnavailable)
		return
	}
	Write(w, llsd.Map{
		"access_prefs": llsd.Map{"max": p.Access},
		"default_object_perm_masks": llsd.Map{
			"Everyone": p.Everyone, "Group": p.Group, "NextOwner": p.NextOwner,
		},
		"god_level": 0, "hover_height": p.Hover, "language": p.Language, "language_is_public": p.LanguageIsPublic,
	})
}

const maxLanguage = 16 // bytes

// merge puts what a request mentions into p, and reports whether the hover height was among it.
func merge(p *grid.Preferences, m llsd.Map) (hovered bool) {
	if access := m.Map("access_prefs").String("max"); access == "PG" || access == "M" || access == "A" {
		p.Access = access
	}
	if masks := m.Map("default_object_perm_masks"); masks != nil {
		p.Everyone, p.Group, p.NextOwner = masks.Uint32("Everyone"), masks.Uint32("Group"), masks.Uint32("NextOwner")
	}
	if language := m.String("language"); language != "" && len(language) <= maxLanguage {
		p.Language = language
	}
	if m.Has("language_is_public") {
		p.LanguageIsPublic = m.Bool("language_is_public")
	}
	if h := m.Real("hover_height"); m.Has("hover_height") && h >= -2 && h <= 2 {
		p.Hover, hovered = float32(h), true
	}
	return hovered
}
