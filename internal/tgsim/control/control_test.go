package control_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rollcall/internal/tgsim/clock"
	"rollcall/internal/tgsim/control"
	"rollcall/internal/tgsim/fault"
	"rollcall/internal/tgsim/rpc"
	"rollcall/internal/tgsim/scenario"
	"rollcall/internal/tgsim/world"
)

var epoch = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// desk is a world and its face.
type desk struct {
	t       *testing.T
	world   *world.World
	face    http.Handler
	clients clients
	clock   *clock.Clock
	board   *fault.Board
}

func newDesk(t *testing.T, members int) *desk {
	t.Helper()
	d := &desk{t: t, clock: clock.Still(epoch), board: fault.NewBoard(1)}
	d.world = world.New(world.Options{Seed: 1, Members: members, Now: d.clock.Now})
	stage := scenario.Stage{World: d.world, Clock: d.clock, Faults: d.board, Clients: &d.clients}
	d.face = control.New(stage, methods{})
	return d
}

type methods struct{}

func (methods) Requests() map[string]map[string]rpc.Calls {
	return map[string]map[string]rpc.Calls{
		"owner": {"channels.getParticipants": {Calls: 3, FloodWaits: 1, Violations: 0}}, "bot": {},
	}
}

func (methods) Budgets() rpc.Budgets { return rpc.Budgets{"": {Burst: 3, Rate: 0.5}} }

// do makes one request and reads the answer into out unless that is nil.
func (d *desk) do(method, path, body string, out any) int {
	d.t.Helper()
	rec := httptest.NewRecorder()
	d.face.ServeHTTP(rec, httptest.NewRequest(method, "http://127.0.0.1:1"+path, bytes.NewBufferString(body)))
	got, err := io.ReadAll(rec.Body)
	require.NoError(d.t, err)
	if out != nil {
		require.NoError(d.t, json.Unmarshal(got, out), "%s %s: %s", method, path, got)
		assert.Equal(d.t, "application/json", rec.Header().Get("Content-Type"))
	}
	return rec.Code
}

type order map[string]any

// act returns the status and the error.
func (d *desk) act(o order) (int, string) {
	d.t.Helper()
	body, err := json.Marshal(o)
	require.NoError(d.t, err)
	var out struct {
		Error string `json:"error"`
	}
	return d.do("POST", "/v1/act", string(body), &out), out.Error
}

// must does what has to succeed.
func (d *desk) must(o order) {
	d.t.Helper()
	status, refusal := d.act(o)
	require.Equal(d.t, 200, status, "%v: %s", o, refusal)
}

type member struct {
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

func (d *desk) members() map[int64]member {
	d.t.Helper()
	var rows []member
	require.Equal(d.t, 200, d.do("GET", "/v1/members?group=lantern_street", "", &rows))
	out := make(map[int64]member, len(rows))
	for _, m := range rows {
		out[m.ID] = m
	}
	require.Len(d.t, out, len(rows), "each person once")
	return out
}

func (d *desk) stranger() int64 {
	d.t.Helper()
	var got struct {
		ID       int64  `json:"id"`
		Username string `json:"username"`
	}
	require.Equal(d.t, 200, d.do("POST", "/v1/accounts", "{}", &got))
	require.NotEmpty(d.t, got.Username)
	return got.ID
}

func TestMembersTellTheWholeTruth(t *testing.T) {
	d := newDesk(t, 1200)
	inside := 0
	kinds := make(map[string]int)
	for _, m := range d.members() {
		if m.In {
			inside++
		}
		switch {
		case m.Deleted:
			kinds["deleted"]++
			assert.Empty(t, m.FirstName+m.LastName+m.Username)
		case m.Bot:
			kinds["bot"]++
		case m.Anonymous:
			kinds["anonymous"]++
			assert.Equal(t, "administrator", m.Status)
		}
		kinds[fmt.Sprint(m.Status, " ", m.In)]++
	}
	assert.Equal(t, 1200, inside)
	assert.Equal(t, 1, kinds["creator true"])
	for kind, least := range map[string]int{
		"administrator true": 5, "member true": 1000, "restricted true": 3, "restricted false": 3, "kicked false": 5,
		"left false": 10, "deleted": 20, "bot": 4, "anonymous": 1,
	} {
		assert.GreaterOrEqual(t, kinds[kind], least, kind)
	}
}

func TestActsAndTheirTruth(t *testing.T) {
	d := newDesk(t, 100)
	u := d.stranger()
	assert.NotContains(t, d.members(), u)
	until := d.clock.Now().Add(time.Hour).Format(time.RFC3339)
	for _, step := range []struct {
		order  order
		status string
		in     bool
	}{
		{order{"action": "join"}, "member", true},
		{order{"action": "leave"}, "left", false},
		{order{"action": "join_by_link"}, "member", true},
		{order{"action": "restrict"}, "restricted", true},
		{order{"action": "leave"}, "restricted", false},
		{order{"action": "unrestrict"}, "left", false},
		{order{"action": "join", "group": "lantern_street"}, "member", true},
		{order{"action": "promote"}, "administrator", true},
		{order{"action": "demote"}, "member", true},
		{order{"action": "kick"}, "left", false},
		{order{"action": "join"}, "member", true},
		{order{"action": "ban", "until": until}, "kicked", false},
		{order{"action": "unban"}, "left", false},
		{order{"action": "join"}, "member", true},
		{order{"action": "ban", "by": int64(d.world.Bot())}, "kicked", false},
	} {
		step.order["user"] = u
		d.must(step.order)
		got := d.members()[u]
		assert.Equal(t, step.status, got.Status, "%v", step.order)
		assert.Equal(t, step.in, got.In, "%v", step.order)
	}
	d.must(order{"action": "delete_account", "user": u})
	assert.True(t, d.members()[u].Deleted)
}

func TestTimedBanEndsInTheTruth(t *testing.T) {
	d := newDesk(t, 100)
	u := d.stranger()
	d.must(order{"action": "join", "user": u})
	d.must(order{"action": "ban", "user": u, "until": d.clock.Now().Add(time.Hour).Format(time.RFC3339)})
	assert.Equal(t, "kicked", d.members()[u].Status)
	d.clock.Advance(2 * time.Hour)
	assert.Equal(t, "left", d.members()[u].Status)
}

func TestRefusalsHaveTelegramsNames(t *testing.T) {
	d := newDesk(t, 100)
	owner, bot, u := int64(d.world.Owner()), int64(d.world.Bot()), d.stranger()
	for _, c := range []struct {
		order order
		want  string
	}{
		{order{"action": "leave", "user": u}, "USER_NOT_PARTICIPANT"},
		{order{"action": "kick", "user": u}, "USER_NOT_PARTICIPANT"},
		{order{"action": "leave", "user": owner}, "USER_CREATOR"},
		{order{"action": "ban", "user": owner}, "USER_ADMIN_INVALID"},
		{order{"action": "ban", "user": bot, "by": u}, "CHAT_ADMIN_REQUIRED"},
		{order{"action": "ban", "user": 4711}, "USER_ID_INVALID"},
		{order{"action": "kick", "user": 4711}, "USER_ID_INVALID"},
		{order{"action": "unban", "user": u}, "CHAT_NOT_MODIFIED"},
		{order{"action": "unrestrict", "user": u}, "CHAT_NOT_MODIFIED"},
		{order{"action": "demote", "user": u}, "CHAT_NOT_MODIFIED"},
		{order{"action": "promote", "user": u}, "USER_NOT_MUTUAL_CONTACT"},
		{order{"action": "join", "user": bot}, "BOT_METHOD_INVALID"},
		{order{"action": "join", "user": owner}, "USER_ALREADY_PARTICIPANT"},
		{order{"action": "join", "user": u, "group": "no_such_group"}, "USERNAME_NOT_OCCUPIED"},
		{order{"action": "callback", "user": u, "text": "x"}, "MESSAGE_ID_INVALID"},
		{order{"action": "start", "user": u, "text": "a b"}, "START_PARAM_INVALID"},
		{order{"action": "message", "user": u, "text": ""}, "MESSAGE_EMPTY"},
	} {
		status, refusal := d.act(c.order)
		assert.Equal(t, 409, status, "%v", c.order)
		assert.Equal(t, c.want, refusal, "%v", c.order)
	}
}

func TestMalformedRequests(t *testing.T) {
	d := newDesk(t, 10)
	for _, body := range []string{
		``, `[]`, `"join"`, `{`, `{"action":"join"}`, `{"action":"fly","user":1}`, `{"user":1}`,
		`{"action":"join","user":"1"}`, `{"action":"join","user":-5}`, `{"action":"join","user":1,"extra":2}`,
		`{"action":"ban","user":1,"until":"tomorrow"}`, `{"action":"join","user":1}{"action":"join","user":1}`,
	} {
		var out map[string]string
		assert.Equal(t, 400, d.do("POST", "/v1/act", body, &out), body)
		assert.NotEmpty(t, out["error"], body)
	}
	for _, c := range []struct {
		method, path string
		want         int
	}{
		{"GET", "/v1/messages", 400},
		{"GET", "/v1/messages?user=me", 400},
		{"GET", "/v1/messages?user=4711", 404},
		{"GET", "/v1/members?group=no_such_group", 404},
		{"GET", "/v1/act", 405},
		{"GET", "/v1/nothing", 404},
		{"POST", "/v1/accounts", 400},
	} {
		assert.Equal(t, c.want, d.do(c.method, c.path, "", nil), "%s %s", c.method, c.path)
	}
}

type message struct {
	ID      int    `json:"id"`
	Date    string `json:"date"`
	Text    string `json:"text"`
	Buttons []struct {
		Text string `json:"text"`
		Data string `json:"data"`
		URL  string `json:"url"`
	} `json:"buttons"`
}

func TestMessagesShowWhatTheBotTold(t *testing.T) {
	d := newDesk(t, 10)
	u := d.stranger()
	path := fmt.Sprintf("/v1/messages?user=%d", u)
	var got []message
	require.Equal(t, 200, d.do("GET", path, "", &got))
	assert.NotNil(t, got)
	assert.Empty(t, got)
	d.must(order{"action": "start", "user": u, "text": "gift"})
	_, err := d.world.Send(d.world.Bot(), world.UserID(u), world.Draft{
		Text: "Come in", RandomID: 1,
		Buttons: [][]world.Button{{{Text: "Join", URL: "https://t.me/x"}}, {{Text: "Check again", Data: "again"}}},
	})
	require.NoError(t, err)
	require.Equal(t, 200, d.do("GET", path, "", &got))
	require.Len(t, got, 1)
	assert.Equal(t, "Come in", got[0].Text)
	assert.Equal(t, "2026-03-01T12:00:00Z", got[0].Date)
	require.Len(t, got[0].Buttons, 2)
	assert.Equal(t, "https://t.me/x", got[0].Buttons[0].URL)
	assert.Equal(t, "again", got[0].Buttons[1].Data)
	d.must(order{"action": "callback", "user": u, "text": "again"})
	status, refusal := d.act(order{"action": "callback", "user": u, "text": "other"})
	assert.Equal(t, 409, status)
	assert.Equal(t, "DATA_INVALID", refusal)
	d.must(order{"action": "block", "user": u})
	_, refusal = d.act(order{"action": "message", "user": u, "text": "hi"})
	assert.Equal(t, "YOU_BLOCKED_USER", refusal)
	d.must(order{"action": "unblock", "user": u})
	d.must(order{"action": "message", "user": u, "text": "hi"})
}

func TestRequestsCountCalls(t *testing.T) {
	d := newDesk(t, 10)
	var got map[string]map[string]map[string]int
	require.Equal(t, 200, d.do("GET", "/v1/requests", "", &got))
	assert.Equal(t, map[string]int{"calls": 3, "flood_waits": 1, "violations": 0}, got["owner"]["channels.getParticipants"])
	assert.NotNil(t, got["bot"])
}

// FuzzAct: whatever is sent, the answer is JSON, the status one of three, and the world stays whole.
func FuzzAct(f *testing.F) {
	f.Add(`{"action":"join","user":1}`)
	f.Add(`{"action":"ban","user":1,"until":"9999-12-31T23:59:59Z"}`)
	f.Add(`{"action":"restrict","user":777000,"by":-1,"group":"@"}`)
	f.Fuzz(func(t *testing.T, body string) {
		d := newDesk(t, 3)
		var out map[string]any
		assert.Contains(t, []int{200, 400, 409}, d.do("POST", "/v1/act", body, &out))
		inside := 0
		for _, m := range d.members() {
			if m.In {
				inside++
			}
		}
		require.GreaterOrEqual(t, inside, 2)
	})
}
