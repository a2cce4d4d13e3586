package control

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"rollcall/internal/tgsim/fault"
	"rollcall/internal/tgsim/rpc"
	"rollcall/internal/tgsim/scenario"
	"rollcall/internal/tgsim/world"
)

func (f *face) rules(rw http.ResponseWriter, _ *http.Request) { reply(rw, f.Faults.Rules()) }

func (f *face) addRule(rw http.ResponseWriter, r *http.Request) {
	var body struct {
		Rule string `json:"rule"`
	}
	err := decode(rw, r, &body)
	var rule fault.Rule
	if err == nil {
		rule, err = fault.Parse(body.Rule)
	}
	if err != nil {
		fail(rw, http.StatusBadRequest, err)
		return
	}
	reply(rw, map[string]int{"id": f.Faults.Add(rule)})
}

// removeRules takes all rules away, or with ?id=N one.
func (f *face) removeRules(rw http.ResponseWriter, r *http.Request) {
	text := r.URL.Query().Get("id")
	if text == "" {
		f.Faults.Clear()
		answer(rw, nil)
		return
	}
	id, err := strconv.Atoi(text)
	switch {
	case err != nil:
		fail(rw, http.StatusBadRequest, errors.New("id must be a number"))
	case !f.Faults.Remove(id):
		fail(rw, http.StatusNotFound, fmt.Errorf("there is no rule %d", id))
	default:
		answer(rw, nil)
	}
}

func (f *face) budgets(rw http.ResponseWriter, r *http.Request) {
	var body struct {
		Budgets string `json:"budgets"`
	}
	err := decode(rw, r, &body)
	var budgets rpc.Budgets
	if err == nil {
		budgets, err = rpc.ParseBudgets(body.Budgets)
	}
	if err != nil {
		fail(rw, http.StatusBadRequest, err)
		return
	}
	if f.Clients != nil {
		f.Clients.SetBudgets(budgets)
	}
	reply(rw, map[string]string{"budgets": budgets.String()})
}

// maxMove bounds how far a request moves a clock.
const maxMove = 10 * 365 * 24 * time.Hour

// span is a time like "49h" in JSON.
type span time.Duration

// UnmarshalText reads a time.
func (s *span) UnmarshalText(text []byte) error {
	d, err := time.ParseDuration(string(text))
	if err != nil || d > maxMove || d < -maxMove {
		return fmt.Errorf("%q is no time like 90s, 15m or 49h", text)
	}
	*s = span(d)
	return nil
}

func (f *face) now(rw http.ResponseWriter, _ *http.Request) {
	reply(rw, map[string]string{"now": f.Clock.Now().UTC().Format(time.RFC3339)})
}

// moveClock moves the world's time, and sets how wrong the server's clock is.
func (f *face) moveClock(rw http.ResponseWriter, r *http.Request) {
	var body struct {
		Advance span  `json:"advance"`
		Skew    *span `json:"skew"`
	}
	if err := decode(rw, r, &body); err != nil {
		fail(rw, http.StatusBadRequest, err)
		return
	}
	f.Clock.Advance(time.Duration(body.Advance))
	f.World.Pass()
	if body.Skew != nil && f.Clients != nil {
		f.Clients.Skew(time.Duration(*body.Skew))
	}
	f.now(rw, r)
}

// sessions ends an account's logins, or only its connections, moves it to another DC, or makes all salts bad.
func (f *face) sessions(rw http.ResponseWriter, r *http.Request) {
	var body struct {
		User  world.UserID `json:"user"`
		End   string       `json:"end"`
		Cut   bool         `json:"cut"`
		Salts bool         `json:"salts"`
		Move  int          `json:"move"`
	}
	if err := decode(rw, r, &body); err != nil {
		fail(rw, http.StatusBadRequest, err)
		return
	}
	var why rpc.Ending
	var err error
	if body.End != "" {
		why, err = scenario.ParseEnding(body.End)
	}
	switch {
	case err != nil:
		fail(rw, http.StatusBadRequest, err)
		return
	case why == "" && !body.Cut && !body.Salts && body.Move == 0:
		fail(rw, http.StatusBadRequest, errors.New("nothing to do: end, cut, move or salts"))
		return
	case (why != "" || body.Cut || body.Move != 0) && f.World.User(f.World.Owner(), body.User) == nil:
		fail(rw, http.StatusBadRequest, errors.New("user must be somebody's id"))
		return
	case f.Clients == nil:
		answer(rw, nil)
		return
	}
	if body.Salts {
		f.Clients.ExpireSalts()
	}
	if body.Cut {
		f.Clients.Cut(body.User)
	}
	if body.Move != 0 {
		err = f.Clients.Move(body.User, body.Move)
	}
	if err == nil && why != "" {
		err = f.Clients.EndLogins(body.User, why)
	}
	answer(rw, err)
}

// maxRaid is more than any group holds.
const maxRaid = 1_000_000

// unrest sends a raid, and sets the churn.
func (f *face) unrest(rw http.ResponseWriter, r *http.Request) {
	var body struct {
		Raid  int  `json:"raid"`
		Over  span `json:"over"`
		Churn *int `json:"churn"`
	}
	err := decode(rw, r, &body)
	switch {
	case err != nil:
	case body.Raid < 0 || body.Raid > maxRaid:
		err = fmt.Errorf("raid must be a number from 0 to %d", maxRaid)
	case body.Over < 0:
		err = errors.New("over must not be negative")
	case body.Churn != nil && *body.Churn < 0:
		err = errors.New("churn must not be negative")
	}
	if err != nil {
		fail(rw, http.StatusBadRequest, err)
		return
	}
	if body.Churn != nil {
		f.World.SetChurn(*body.Churn)
	}
	if body.Raid > 0 {
		f.World.Raid(body.Raid, time.Duration(body.Over))
	}
	answer(rw, nil)
}
