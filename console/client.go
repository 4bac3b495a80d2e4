package console

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"

	"terrane/agent/steps"
)

// Client makes an operator's calls. What the server refuses is an *Error.
type Client struct{ http http.Client }

// NewClient makes calls over a transport: Socket or Local.
func NewClient(over http.RoundTripper) *Client {
	return &Client{http.Client{Transport: over}}
}

// Socket is the transport to a server that runs: path is its control socket.
func Socket(path string) http.RoundTripper {
	return &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			var d net.Dialer
			return d.DialContext(ctx, "unix", path)
		},
	}
}

// Users are all users, ordered by name.
func (c *Client) Users(ctx context.Context) (users []UserView, err error) {
	return users, c.call(ctx, http.MethodGet, "/users", nil, nil, &users)
}

// CreateUser makes a user whose first login works. See the function CreateUser.
func (c *Client) CreateUser(ctx context.Context, u NewUser) (made UserView, err error) {
	if err := u.Check(); err != nil { // JSON would not carry what is not UTF-8
		return made, err
	}
	return made, c.call(ctx, http.MethodPost, "/users", nil, u, &made)
}

// SetPassword gives a user another password.
func (c *Client) SetPassword(ctx context.Context, first, last, password string) error {
	if err := checkPassword(password); err != nil {
		return err
	}
	return c.call(ctx, http.MethodPost, "/users/password", nil, userCall{First: first, Last: last, Password: password}, nil)
}

// Disable bars a user from logging in and ends his session. It answers whether there was one.
func (c *Client) Disable(ctx context.Context, first, last string) (ended bool, err error) {
	var done kickResult
	err = c.call(ctx, http.MethodPost, "/users/disable", nil, userCall{First: first, Last: last}, &done)
	return done.Ended, err
}

// Enable lets a user log in again, at a level: that of before is not remembered.
func (c *Client) Enable(ctx context.Context, first, last string, level int) error {
	return c.call(ctx, http.MethodPost, "/users/enable", nil, userCall{First: first, Last: last, Level: level}, nil)
}

// Kick ends a user's session, showing him the reason; empty: a reason that says who did it. A user who
// is not online is an *Error.
func (c *Client) Kick(ctx context.Context, first, last, reason string) error {
	return c.call(ctx, http.MethodPost, "/users/kick", nil, userCall{First: first, Last: last, Reason: reason}, nil)
}

// Regions are the regions of the configuration, in its order.
func (c *Client) Regions(ctx context.Context) (regions []RegionView, err error) {
	return regions, c.call(ctx, http.MethodGet, "/regions", nil, nil, &regions)
}

// Alert shows a text to everybody in a region, or in all regions when its name is empty. It answers with
// the names of the regions where it is shown.
func (c *Client) Alert(ctx context.Context, region, text string) (shown []string, err error) {
	return shown, c.call(ctx, http.MethodPost, "/alert", nil, alertCall{Region: region, Text: text}, &shown)
}

// Trace is the latest reports of processes, the oldest first: of one agent, by name or id, or of all when
// that is empty; at most last of them, or all that are kept when last is 0.
func (c *Client) Trace(ctx context.Context, agent string, last int) (reports []*steps.Report, err error) {
	query := url.Values{"agent": {agent}, "last": {strconv.Itoa(last)}}
	return reports, c.call(ctx, http.MethodGet, "/trace", query, nil, &reports)
}

// Explain gathers every record of a user's sessions.
func (c *Client) Explain(ctx context.Context, first, last string) (e Explanation, err error) {
	query := url.Values{"first": {first}, "last": {last}}
	return e, c.call(ctx, http.MethodGet, "/explain", query, nil, &e)
}

// call makes one call. result may be nil.
func (c *Client) call(ctx context.Context, method, path string, query url.Values, body, result any) error {
	var sent io.Reader
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			return err
		}
		sent = bytes.NewReader(b)
	}
	u := url.URL{Scheme: "http", Host: "terrane", Path: path, RawQuery: query.Encode()}
	r, err := http.NewRequestWithContext(ctx, method, u.String(), sent)
	if err != nil {
		return err
	}
	resp, err := c.http.Do(r)
	if err != nil {
		return fmt.Errorf("the server does not answer: %w", bare(err))
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return fmt.Errorf("the server's answer broke off: %w", err)
	}
	if resp.StatusCode != http.StatusOK {
		return refusal(resp.StatusCode, b)
	}
	if result == nil {
		return nil
	}
	if err := json.Unmarshal(b, result); err != nil {
		return fmt.Errorf("the server's answer cannot be read: %w", err)
	}
	return nil
}

// bare is an error of http.Client without the address, which says nothing to anybody.
func bare(err error) error {
	var e *url.Error
	if errors.As(err, &e) {
		return e.Err
	}
	return err
}

func refusal(status int, body []byte) error {
	var said struct {
		Error string `json:"error"`
	}
	if err := json.Unmarshal(body, &said); err != nil || said.Error == "" {
		said.Error = "the server answered with status " + strconv.Itoa(status)
	}
	return &Error{status, said.Error}
}
