package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// stage is the simulator's control face: how the demo makes people act, and how it learns the truth.
type stage struct{ base string }

// act is what somebody does, in the words of the control face.
type act struct {
	Action string `json:"action"`
	Group  string `json:"group,omitempty"`
	User   int64  `json:"user"`
	Text   string `json:"text,omitempty"`
}

// trueMember is a person in the simulator's truth.
type trueMember struct {
	ID        int64  `json:"id"`
	Username  string `json:"username"`
	FirstName string `json:"first_name"`
	LastName  string `json:"last_name"`
	Status    string `json:"status"`
	In        bool   `json:"in"`
	Bot       bool   `json:"bot"`
	Deleted   bool   `json:"deleted"`
	Anonymous bool   `json:"anonymous"`
}

// botMessage is what the bot told somebody.
type botMessage struct {
	ID      int       `json:"id"`
	Date    time.Time `json:"date"`
	Text    string    `json:"text"`
	Buttons []struct {
		Text string `json:"text"`
		Data string `json:"data"`
		URL  string `json:"url"`
	} `json:"buttons"`
}

// stranger is an account that was never in the group.
type stranger struct {
	ID       int64  `json:"id"`
	Username string `json:"username"`
}

func (s stage) act(ctx context.Context, a act) error {
	return s.call(ctx, http.MethodPost, "/v1/act", a, nil)
}

func (s stage) newcomer(ctx context.Context) (stranger, error) {
	var n stranger
	err := s.call(ctx, http.MethodPost, "/v1/accounts", struct{}{}, &n)
	return n, err
}

func (s stage) members(ctx context.Context, group string) ([]trueMember, error) {
	var m []trueMember
	err := s.call(ctx, http.MethodGet, "/v1/members?group="+url.QueryEscape(group), nil, &m)
	return m, err
}

func (s stage) messages(ctx context.Context, user int64) ([]botMessage, error) {
	var m []botMessage
	err := s.call(ctx, http.MethodGet, "/v1/messages?user="+strconv.FormatInt(user, 10), nil, &m)
	return m, err
}

func (s stage) call(ctx context.Context, method, path string, body, answer any) error {
	var sent io.Reader
	if body != nil {
		encoded, err := json.Marshal(body)
		if err != nil {
			return fmt.Errorf("%s %s: %w", method, path, err)
		}
		sent = bytes.NewReader(encoded)
	}
	req, err := http.NewRequestWithContext(ctx, method, s.base+path, sent)
	if err != nil {
		return fmt.Errorf("%s %s: %w", method, path, err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return fmt.Errorf("%s %s: %w", method, path, err)
	}
	defer func() { _ = resp.Body.Close() }()
	got, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s %s: %s: %s (%w)", method, path, resp.Status, bytes.TrimSpace(got), err)
	}
	if answer == nil {
		return nil
	}
	if err := json.Unmarshal(got, answer); err != nil {
		return fmt.Errorf("%s %s: %w", method, path, err)
	}
	return nil
}
