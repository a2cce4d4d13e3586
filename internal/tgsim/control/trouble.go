package control

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"rollcall/internal/tgsim/fault"
	"rollcall/internal/tgsim/rpc"
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

func (f *face) budgets(rw http.ResponseWriter, _ *http.Request) {
	reply(rw, map[string]string{"budgets": f.methods.Budgets().String()})
}

func (f *face) setBudgets(rw http.ResponseWriter, r *http.Request) {
	var body struct {
		Budgets *string `json:"budgets"`
	}
	err := decode(rw, r, &body)
	var budgets rpc.Budgets
	switch {
	case err != nil:
	case body.Budgets == nil:
		err = errors.New("nothing to do: budgets") // an empty text is that there are none
	default:
		budgets, err = rpc.ParseBudgets(*body.Budgets)
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
	switch {
	case err != nil:
		return fmt.Errorf("%q is no time like 90s, 15m or 49h", text)
	case d > maxMove, d < -maxMove:
		return fmt.Errorf("%q is more than %d hours", text, maxMove/time.Hour)
	}
	*s = span(d)
	return nil
}

func (f *face) now(rw http.ResponseWriter, _ *http.Request) {
	reply(rw, map[string]string{"now": f.Clock.Now().UTC().Format(time.RFC3339)})
}

// moveClock moves the world's time on, and sets how wrong the server's clock is.
func (f *face) moveClock(rw http.ResponseWriter, r *http.Request) {
	var body struct {
		Advance *span `json:"advance"`
		Skew    *span `json:"skew"`
	}
	err := decode(rw, r, &body)
	switch {
	case err != nil:
	case body.Advance == nil && body.Skew == nil:
		err = errors.New("nothing to do: advance or skew")
	case body.Advance != nil:
		err = f.Clock.Forward(time.Duration(*body.Advance))
	}
	if err != nil {
		fail(rw, http.StatusBadRequest, err)
		return
	}
	if body.Advance != nil {
		f.World.Tell(0, "the clock went on by "+time.Duration(*body.Advance).String())
	}
	f.World.Pass()
	if body.Skew != nil && f.Clients != nil {
		f.Clients.Skew(time.Duration(*body.Skew))
	}
	f.now(rw, r)
}

// maxRaid is more than any group holds.
const maxRaid = 1_000_000

// unrest sends a raid, at once unless it comes over some time, and sets the churn.
func (f *face) unrest(rw http.ResponseWriter, r *http.Request) {
	var body struct {
		Raid  *int `json:"raid"`
		Over  span `json:"over"`
		Churn *int `json:"churn"`
	}
	err := decode(rw, r, &body)
	switch {
	case err != nil:
	case body.Raid == nil && body.Churn == nil:
		err = errors.New("nothing to do: raid or churn")
	case body.Raid != nil && (*body.Raid < 1 || *body.Raid > maxRaid):
		err = fmt.Errorf("raid must be a number from 1 to %d", maxRaid)
	case body.Raid == nil && body.Over != 0:
		err = errors.New("over is for a raid, and there is none")
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
	if body.Raid != nil {
		f.World.Raid(*body.Raid, time.Duration(body.Over))
	}
	answer(rw, nil)
}
