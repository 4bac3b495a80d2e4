package login

import (
	"html/template"
	"net/http"
	"sort"

	"terrane/grid"
	"terrane/wire/llsd"
)

// Grid is what a grid tells about itself before anybody logs in.
type Grid struct {
	Name    string
	Nick    string
	Welcome string // "<USERNAME>" stands for the user's name
	Library []grid.Folder
	// Extra are more pairs for get_grid_info, such as "about" and "register".
	Extra map[string]string
}

// pairs are the names and values of get_grid_info.
type pairs map[string]string

func (g Grid) info(base string) pairs {
	p := pairs{}
	for k, v := range g.Extra {
		p[k] = v
	}
	p["platform"] = "OpenSim" // viewers know which protocol to speak by this name
	p["login"], p["home"], p["economy"] = base, base, base
	p["gridname"], p["gridnick"] = g.Name, g.Nick
	p["welcome"] = base
	return p
}

func (p pairs) llsd() llsd.Map {
	m := make(llsd.Map, len(p))
	for k, v := range p {
		m[k] = v
	}
	return m
}

func (p pairs) keys() []string {
	keys := make([]string, 0, len(p))
	for k := range p {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}

// ServeInfo answers get_grid_info with XML.
func (d *Door) ServeInfo(w http.ResponseWriter, r *http.Request) {
	p := d.Grid.info(d.base(r))
	body := []byte(`<?xml version="1.0" encoding="utf-8"?><gridinfo>`)
	for _, k := range p.keys() {
		body = append(body, "<"+k+">"+template.HTMLEscapeString(p[k])+"</"+k+">"...)
	}
	write(w, "application/xml", append(body, "</gridinfo>"...))
}

// ServeJSONInfo answers json_grid_info.
func (d *Door) ServeJSONInfo(w http.ResponseWriter, r *http.Request) {
	write(w, "application/json", llsd.AppendJSON(nil, d.Grid.info(d.base(r)).llsd()))
}

var welcomePage = template.Must(template.New("welcome").Parse(`<!doctype html>
<meta charset="utf-8"><title>{{.Name}}</title>
<style>body{font:16px/1.5 system-ui,sans-serif;margin:0;min-height:100vh;display:grid;place-items:center;
background:linear-gradient(#0b2942,#1d4860 60%,#c9b58a);color:#fff;text-align:center}</style>
<main><h1>{{.Name}}</h1><p>Add this address to your viewer's grid list and log in.</p></main>
`))

// page is what viewers show on their login screen.
func (d *Door) page(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	// A browser that has gone does not want the page.
	_ = welcomePage.Execute(w, d.Grid)
}
