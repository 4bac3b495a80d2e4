package bot

import (
	"bytes"
	"context"
	"crypto/md5"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"terrane/wire/llsd"
	"terrane/wire/xmlrpc"
)

// RefusedError is a login that the grid refused.
type RefusedError struct {
	Reason    string // what viewers act on: "key", "presence", "tos", "update"...
	Message   string // what viewers show
	MessageID string // what viewers translate; often empty
}

// Error gives reason and message.
func (e *RefusedError) Error() string {
	return fmt.Sprintf("bot: login refused (%s): %q", e.Reason, e.Message)
}

// loginOptions are the parts of an answer that official viewers ask for.
var loginOptions = llsd.Array{
	"inventory-root", "inventory-skeleton", "inventory-lib-root", "inventory-lib-owner", "inventory-skel-lib",
	"initial-outfit", "gestures", "display_names", "event_categories", "event_notifications", "classified_categories",
	"adult_compliant", "buddy-list", "newuser-config", "ui-config", "advanced-mode", "max-agent-groups",
	"map-server-url", "voice-config", "tutorial_setting", "login-flags", "global-textures",
}

// loginRequest is what a viewer says to log in.
func loginRequest(o *Options) llsd.Map {
	return llsd.Map{
		"first": o.First, "last": o.Last, "passwd": hashed(o.Password), "start": o.Start,
		"channel": o.Channel, "version": o.Version, "platform": "lnx", "platform_version": "0.0.0",
		"platform_string": "none", "address_size": int32(64), "mac": digest(o.First), "id0": digest(o.Last),
		"agree_to_tos": true, "read_critical": true, "token": "", "mfa_hash": "",
		"last_exec_event": int32(0), "last_exec_duration": int32(0), "extended_errors": true,
		"options": loginOptions,
	}
}

// hashed is a password as viewers send it.
func hashed(password string) string {
	if strings.HasPrefix(password, "$1$") {
		return password
	}
	return "$1$" + digest(password)
}

func digest(s string) string {
	sum := md5.Sum([]byte(s))
	return hex.EncodeToString(sum[:])
}

// requestLogin asks the grid for a session.
func requestLogin(ctx context.Context, client *http.Client, o *Options) (Session, error) {
	ctx, cancel := context.WithTimeout(ctx, o.Timeouts.Login)
	defer cancel()
	var answer llsd.Map
	var err error
	if o.LLSD {
		answer, err = loginByLLSD(ctx, client, o)
	} else {
		answer, err = loginByXMLRPC(ctx, client, o)
	}
	if err != nil {
		return Session{}, fmt.Errorf("bot: login: %w", err)
	}
	return readAnswer(answer)
}

func loginByXMLRPC(ctx context.Context, client *http.Client, o *Options) (llsd.Map, error) {
	call := xmlrpc.AppendCall(nil, "login_to_simulator", loginRequest(o))
	body, err := post(ctx, client, o.LoginURI, "text/xml", call, xmlrpc.MaxSize)
	if err != nil {
		return nil, err
	}
	v, err := xmlrpc.ParseResponse(body)
	return asMap(v, err)
}

func loginByLLSD(ctx context.Context, client *http.Client, o *Options) (llsd.Map, error) {
	body, err := post(ctx, client, o.LoginURI, llsdXML, llsd.AppendXML(nil, loginRequest(o)), xmlrpc.MaxSize)
	if err != nil {
		return nil, err
	}
	v, err := llsd.ParseXML(body)
	return asMap(v, err)
}

var errNoMap = errors.New("the answer is not a map")

func asMap(v any, err error) (llsd.Map, error) {
	if err != nil {
		return nil, err
	}
	m := llsd.AsMap(v)
	if m == nil {
		return nil, errNoMap
	}
	return m, nil
}

// statusError is an HTTP answer that is not 200.
type statusError struct {
	status int
}

// Error names the status.
func (e *statusError) Error() string {
	return fmt.Sprintf("HTTP %d %s", e.status, http.StatusText(e.status))
}

// post sends a body and returns the answer's, of no more than most bytes.
func post(ctx context.Context, client *http.Client, url, contentType string, body []byte, most int64) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", contentType)
	answer, err := client.Do(request)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	read, err := io.ReadAll(io.LimitReader(answer.Body, most+1))
	switch {
	case answer.StatusCode != http.StatusOK:
		return nil, &statusError{answer.StatusCode}
	case err != nil:
		return nil, err
	case int64(len(read)) > most:
		return nil, fmt.Errorf("answer of more than %d bytes", most)
	}
	return read, nil
}
