package control

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/gotd/td/tgerr"

	"rollcall/internal/tgsim/rpc"
	"rollcall/internal/tgsim/scenario"
	"rollcall/internal/tgsim/world"
)

// Methods are what clients call, as rpc.Server has them.
type Methods interface {
	// Requests tells who has called what how often.
	Requests() map[string]map[string]rpc.Calls
	// Budgets tells who may.
	Budgets() rpc.Budgets
}

// face answers the control requests.
type face struct {
	scenario.Stage
	methods Methods
}

// New returns the control face of a stage and of the methods that its clients call.
func New(stage scenario.Stage, methods Methods) http.Handler {
	f := &face{Stage: stage, methods: methods}
	return routes{
		"/v1/act":      {http.MethodPost: f.act},
		"/v1/accounts": {http.MethodPost: f.accounts},
		"/v1/members":  {http.MethodGet: f.members},
		"/v1/messages": {http.MethodGet: f.messages},
		"/v1/requests": {http.MethodGet: f.calls},
		"/v1/faults":   {http.MethodGet: f.rules, http.MethodPost: f.addRule, http.MethodDelete: f.removeRules},
		"/v1/budgets":  {http.MethodGet: f.budgets, http.MethodPost: f.setBudgets},
		"/v1/clock":    {http.MethodGet: f.now, http.MethodPost: f.moveClock},
		"/v1/sessions": {http.MethodPost: f.sessions},
		"/v1/unrest":   {http.MethodPost: f.unrest},
	}
}

type member struct {
	ID        world.UserID `json:"id"`
	Username  string       `json:"username"`
	FirstName string       `json:"first_name"`
	LastName  string       `json:"last_name"`
	Status    string       `json:"status"`
	In        bool         `json:"in"`
	Bot       bool         `json:"bot"`
	Deleted   bool         `json:"deleted"`
	Anonymous bool         `json:"anonymous"`
}

// members writes row by row: there may be 200,000.
func (f *face) members(rw http.ResponseWriter, r *http.Request) {
	facts, err := f.World.Truth(r.URL.Query().Get("group"))
	if err != nil {
		fail(rw, http.StatusNotFound, err)
		return
	}
	rw.Header().Set("Content-Type", "application/json")
	out := bufio.NewWriterSize(rw, 64<<10)
	between := "["
	for _, x := range facts {
		row, err := json.Marshal(member{
			ID: x.ID, Username: x.Username, FirstName: x.First, LastName: x.Last, Status: x.Status, In: x.In,
			Bot: x.Bot, Deleted: x.Deleted, Anonymous: x.Anonymous,
		})
		if err != nil {
			panic(fmt.Sprintf("control: member %d: %v", x.ID, err)) // plain strings and numbers
		}
		_, _ = out.WriteString(between)
		_, _ = out.Write(row)
		between = ",\n"
	}
	if len(facts) == 0 {
		_, _ = out.WriteString(between)
	}
	_, _ = out.WriteString("]\n")
	_ = out.Flush() // the reader has gone
}

type button struct {
	Text string `json:"text"`
	Data string `json:"data"`
	URL  string `json:"url"`
}

type message struct {
	ID      int      `json:"id"`
	Date    string   `json:"date"`
	Text    string   `json:"text"`
	Buttons []button `json:"buttons"`
}

func (f *face) messages(rw http.ResponseWriter, r *http.Request) {
	id, err := strconv.ParseInt(r.URL.Query().Get("user"), 10, 64)
	if err != nil {
		fail(rw, http.StatusBadRequest, errors.New("user must be an id"))
		return
	}
	told, err := f.World.Told(f.World.Bot(), world.UserID(id))
	if err != nil {
		fail(rw, http.StatusNotFound, err)
		return
	}
	out := make([]message, 0, len(told))
	for _, t := range told {
		m := message{ID: t.ID, Date: stamp(t.Date), Text: t.Text, Buttons: []button{}}
		for _, line := range t.Buttons {
			for _, b := range line {
				m.Buttons = append(m.Buttons, button(b))
			}
		}
		out = append(out, m)
	}
	reply(rw, out)
}

func (f *face) calls(rw http.ResponseWriter, _ *http.Request) { reply(rw, f.methods.Requests()) }

func stamp(seconds int32) string { return time.Unix(int64(seconds), 0).UTC().Format(time.RFC3339) }

func reply(rw http.ResponseWriter, body any) {
	rw.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(rw).Encode(body) //nolint:errchkjson // our own types; a failed write means that the reader has gone
}

// fail answers with Telegram's name for a refusal, else with the error's text.
func fail(rw http.ResponseWriter, status int, err error) {
	text := err.Error()
	if refusal, ok := tgerr.As(err); ok {
		text = refusal.Message
	}
	rw.Header().Set("Content-Type", "application/json")
	rw.WriteHeader(status)
	_ = json.NewEncoder(rw).Encode(map[string]string{"error": text}) //nolint:errchkjson // a failed write means that the reader has gone
}
