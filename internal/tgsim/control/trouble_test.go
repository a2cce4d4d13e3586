package control_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rollcall/internal/tgsim/fault"
	"rollcall/internal/tgsim/rpc"
	"rollcall/internal/tgsim/world"
)

// clients notes what is asked of it.
type clients struct{ asked []string }

func (c *clients) note(words ...any) {
	c.asked = append(c.asked, strings.TrimSpace(fmt.Sprintln(words...)))
}

func (c *clients) SetBudgets(b rpc.Budgets) { c.note("budgets", b) }
func (c *clients) EndLogins(u world.UserID, why rpc.Ending) error {
	c.note("end", u, why)
	return nil
}
func (c *clients) Cut(u world.UserID) { c.note("cut", u) }
func (c *clients) Move(u world.UserID, dc int) error {
	c.note("move", u, dc)
	return nil
}

func (c *clients) RenewToken(bot world.UserID) (string, error) {
	c.note("token", bot)
	return "5:AA", nil
}
func (c *clients) ExpireSalts()         { c.note("salts") }
func (c *clients) Skew(d time.Duration) { c.note("skew", d) }

func TestFaultsComeAndGo(t *testing.T) {
	d := newDesk(t, 10)
	var added map[string]int
	for i, rule := range []string{"garbage calls", "drop 10% of updateChannelParticipant left to bot"} {
		require.Equal(t, 200, d.do("POST", "/v1/faults", fmt.Sprintf(`{"rule":%q}`, rule), &added))
		assert.Equal(t, i+1, added["id"])
	}
	var rules []fault.Standing
	require.Equal(t, 200, d.do("GET", "/v1/faults", "", &rules))
	assert.Equal(t, d.board.Rules(), rules)
	require.Len(t, rules, 2)
	assert.Equal(t, 404, d.do("DELETE", "/v1/faults?id=7", "", nil))
	assert.Equal(t, 400, d.do("DELETE", "/v1/faults?id=all", "", nil))
	assert.Equal(t, 200, d.do("DELETE", "/v1/faults?id=1", "", nil))
	assert.Len(t, d.board.Rules(), 1)
	assert.Equal(t, 200, d.do("DELETE", "/v1/faults", "", nil))
	require.Equal(t, 200, d.do("GET", "/v1/faults", "", &rules))
	assert.Empty(t, rules)
	var refusal map[string]string
	assert.Equal(t, 400, d.do("POST", "/v1/faults", `{"rule":"lose calls"}`, &refusal))
	assert.Contains(t, refusal["error"], `"lose" is not one of`)
}

func TestClocksMove(t *testing.T) {
	d := newDesk(t, 10)
	var got map[string]string
	require.Equal(t, 200, d.do("POST", "/v1/clock", `{"advance":"49h","skew":"-90s"}`, &got))
	assert.Equal(t, "2026-03-03T13:00:00Z", got["now"])
	require.Equal(t, 200, d.do("GET", "/v1/clock", "", &got))
	assert.Equal(t, "2026-03-03T13:00:00Z", got["now"])
	assert.Equal(t, []string{"skew -1m30s"}, d.clients.asked)
	for body, says := range map[string]string{
		`{"advance":"soon"}`: `"soon" is no time like`, `{"advance":49}`: `must be a string like "90s", not number`,
		`{"advance":"99999h"}`: "more than 87600 hours", `{"advance":"-1s"}`: "does not go backwards",
		`{"back":"1h"}`: `there is no "back" here`, `{}`: "nothing to do",
	} {
		assert.Contains(t, d.refused("/v1/clock", body), says, body)
	}
	require.Equal(t, 200, d.do("POST", "/v1/clock", `{"advance":"87600h"}`, nil))
	assert.Contains(t, d.refused("/v1/clock", `{"advance":"87600h","skew":"1s"}`), "after 2037")
	assert.Equal(t, []string{"skew -1m30s"}, d.clients.asked, "what is refused does nothing")
}

// refused returns why a request makes no sense.
func (d *desk) refused(path, body string) string {
	d.t.Helper()
	var out map[string]string
	require.Equal(d.t, 400, d.do("POST", path, body, &out), body)
	return out["error"]
}

func TestTheBotsTokenIsRenewed(t *testing.T) {
	d := newDesk(t, 10)
	var got map[string]string
	require.Equal(t, 200, d.do("POST", "/v1/sessions", `{"token":true,"salts":true}`, &got))
	assert.Equal(t, map[string]string{"token": "5:AA"}, got)
	assert.Equal(t, []string{"salts", fmt.Sprint("token ", d.world.Bot())}, d.clients.asked)
}

func TestAnybodyCanBecomeAnAccount(t *testing.T) {
	d := newDesk(t, 50)
	type login struct {
		ID                    world.UserID
		Username, Phone, Code string
	}
	enlist := func(body string) (got login) {
		require.Equal(t, 200, d.do("POST", "/v1/accounts", body, &got), body)
		return got
	}
	stranger := enlist(`{}`)
	assert.Empty(t, stranger.Phone+stranger.Code)
	for _, body := range []string{fmt.Sprintf(`{"user":%d}`, stranger.ID), `{"login":true}`} {
		one := enlist(body)
		assert.NotEmpty(t, one.Code, body)
		id, ok := d.world.AccountByPhone(one.Phone)
		assert.True(t, ok, body)
		assert.Equal(t, one.ID, id, body)
		assert.Equal(t, one, enlist(fmt.Sprintf(`{"user":%d}`, one.ID)), "once more")
	}
	assert.Equal(t, stranger.Username, enlist(fmt.Sprintf(`{"user":%d,"login":true}`, stranger.ID)).Username)
	assert.Contains(t, d.refused("/v1/accounts", `{"user":-1}`), "must be an id")
	for _, nobody := range []world.UserID{4711, d.world.Bot()} {
		assert.Equal(t, 409, d.do("POST", "/v1/accounts", fmt.Sprintf(`{"user":%d}`, nobody), nil), nobody)
	}
}

// Who writes a request in another language is not told of Go.
func TestMistakesAreToldPlainly(t *testing.T) {
	d := newDesk(t, 10)
	for body, says := range map[string]string{
		``:                     "it is empty, and must be a JSON object",
		`[]`:                   "it must be a JSON object, not of type array",
		`"join"`:               "it must be a JSON object, not of type string",
		`{`:                    "it ends within its JSON",
		`{'action':1}`:         "it is no JSON from byte 2 on",
		`{"action":5}`:         `"action" must be a string, not number`,
		`{"user":"1"}`:         `"user" must be a whole number, not string`,
		`{"user":1.5}`:         `"user" must be a whole number, not number 1.5`,
		`{"extra":2}`:          `there is no "extra" here`,
		`{"until":"tomorrow"}`: `"tomorrow" is no time like 2026-03-01T12:00:00Z`,
		`{"user":1}{"user":1}`: "there is more than one JSON object",
		`{"user":1}]`:          "there is more than one JSON object",
		`{"text":"` + strings.Repeat("a", 70_000) + `"}`: "it has more than 65536 bytes",
	} {
		assert.Equal(t, "read request: "+says, d.refused("/v1/act", body), "%.40s", body)
	}
	assert.Contains(t, d.refused("/v1/sessions", `{"cut":1}`), `"cut" must be true or false, not number`)
	assert.Contains(t, d.refused("/v1/act", `{"until":5}`), "a time must be a string like")
}

func TestSessionsEnd(t *testing.T) {
	d := newDesk(t, 10)
	owner := d.world.Owner()
	for _, body := range []string{
		fmt.Sprintf(`{"user":%d,"end":"SESSION_REVOKED"}`, owner), fmt.Sprintf(`{"user":%d,"cut":true}`, owner), `{"salts":true}`,
		fmt.Sprintf(`{"user":%d,"move":4}`, owner),
	} {
		require.Equal(t, 200, d.do("POST", "/v1/sessions", body, nil), body)
	}
	assert.Equal(t, []string{fmt.Sprint("end ", owner, " SESSION_REVOKED"), fmt.Sprint("cut ", owner), "salts", fmt.Sprint("move ", owner, " 4")}, d.clients.asked)
	for _, body := range []string{
		`{}`, `{"user":1,"cut":true}`, fmt.Sprintf(`{"user":%d}`, owner), fmt.Sprintf(`{"user":%d,"end":"AT_ONCE"}`, owner), `{"cut":true}`,
	} {
		assert.Equal(t, 400, d.do("POST", "/v1/sessions", body, nil), body)
	}
}

func TestBudgetsAndUnrest(t *testing.T) {
	d := newDesk(t, 10)
	var got map[string]string
	require.Equal(t, 200, d.do("GET", "/v1/budgets", "", &got))
	assert.Equal(t, "*=3/0.5", got["budgets"])
	require.Equal(t, 200, d.do("POST", "/v1/budgets", `{"budgets":"channels.getParticipants=5/1"}`, &got))
	assert.Equal(t, "channels.getParticipants=5/1", got["budgets"])
	assert.Equal(t, []string{"budgets channels.getParticipants=5/1"}, d.clients.asked)
	assert.Equal(t, 400, d.do("POST", "/v1/budgets", `{"budgets":"channels.getParticipants"}`, nil))
	assert.Contains(t, d.refused("/v1/budgets", `{}`), "nothing to do")

	require.Equal(t, 200, d.do("POST", "/v1/unrest", `{"raid":60,"over":"1m","churn":3}`, nil))
	d.clock.Advance(30 * time.Second)
	before := len(d.members())
	require.Equal(t, 200, d.do("POST", "/v1/clock", `{"advance":"30s"}`, nil))
	assert.Len(t, d.members(), before+30)
	for _, body := range []string{
		`{"raid":-1}`, `{"raid":1000001}`, `{"raid":1,"over":"-1s"}`, `{"churn":-1}`, `{"mob":1}`, `{}`, `{"raid":0}`,
		`{"churn":1,"over":"1m"}`,
	} {
		assert.NotEmpty(t, d.refused("/v1/unrest", body), body)
	}
	before = len(d.members())
	require.Equal(t, 200, d.do("POST", "/v1/unrest", `{"raid":5}`, nil))
	require.Equal(t, 200, d.do("POST", "/v1/clock", `{"advance":"0s"}`, nil))
	assert.Len(t, d.members(), before+5, "all at once")
}

// No web page gets at the face through its reader's browser.
func TestForeignPagesAreKeptOut(t *testing.T) {
	d := newDesk(t, 10)
	for _, c := range []struct {
		host, origin string
		want         int
	}{
		{"127.0.0.1:80", "", 200},
		{"localhost", "", 200},
		{"[::1]:9", "", 200},
		{"127.0.0.1:9", "http://127.0.0.1:9", 200},
		{"rebound.example:80", "", 403},
		{"192.0.2.1:80", "", 403},
		{"", "", 403},
		{"127.0.0.1:9", "http://page.example", 403},
		{"127.0.0.1:9", "http://127.0.0.1:8", 403},
		{"127.0.0.1:9", "null", 403},
	} {
		req := httptest.NewRequest(http.MethodGet, "/v1/requests", nil)
		req.Host = c.host
		if c.origin != "" {
			req.Header.Set("Origin", c.origin)
		}
		rec := httptest.NewRecorder()
		d.face.ServeHTTP(rec, req)
		assert.Equal(t, c.want, rec.Code, "%+v", c)
	}
}

// What is not there is told in JSON, too.
func TestUnknownPathsAreToldInJSON(t *testing.T) {
	d := newDesk(t, 10)
	var out map[string]string
	assert.Equal(t, 404, d.do("GET", "/v1/nothing", "", &out))
	assert.Equal(t, "there is no /v1/nothing", out["error"])
	assert.Equal(t, 405, d.do("GET", "/v1/act", "", &out))
	assert.Equal(t, "/v1/act takes POST", out["error"])
	assert.Equal(t, 405, d.do("PUT", "/v1/faults", "", &out))
	assert.Equal(t, "/v1/faults takes DELETE, GET, POST", out["error"])
}

func TestRequestsAndMigration(t *testing.T) {
	d := newDesk(t, 50)
	u := d.stranger()
	d.must(order{"action": "request", "user": u})
	d.must(order{"action": "approve", "user": u})
	assert.Equal(t, "member", d.members()[u].Status)
	status, refusal := d.act(order{"action": "approve", "user": u})
	assert.Equal(t, 409, status)
	assert.Equal(t, "USER_ALREADY_PARTICIPANT", refusal)
	status, refusal = d.act(order{"action": "migrate", "group": "No such group"})
	assert.Equal(t, 409, status)
	assert.Equal(t, "CHAT_ID_INVALID", refusal)
	d.must(order{"action": "set", "user": d.world.Owner(), "text": "slow-mode 30"})
	d.must(order{"action": "say", "user": u, "text": "hello"})
	_, refusal = d.act(order{"action": "say", "user": u, "text": "again"})
	assert.Equal(t, "SLOWMODE_WAIT_30", refusal)
	status, _ = d.act(order{"action": "set", "user": u, "text": "gravity off"})
	assert.Equal(t, 400, status)
}
