package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"rollcall/internal/membership"
	"rollcall/internal/report"
)

// planView is a plan as `prune plan --json` prints it, and as a file of it is read back.
type planView struct {
	Schema      int                 `json:"schema"`
	ID          string              `json:"id"`
	Nonce       string              `json:"nonce"`
	Group       membership.GroupID  `json:"group"`
	Made        membership.Instant  `json:"made"`
	Rows        []planRowView       `json:"rows"`
	Kept        []keptView          `json:"kept"`
	LookUp      []membership.UserID `json:"look_up"`
	Subscribers int                 `json:"subscribers"`
	Breaker     int                 `json:"breaker"`
}

type planRowView struct {
	User        membership.UserID     `json:"id"`
	Name        *string               `json:"name"`
	Username    *string               `json:"username"`
	Verb        membership.Verb       `json:"verb"`
	Reason      membership.Reason     `json:"reason"`
	Presence    membership.Presence   `json:"presence"`
	Departure   *membership.Departure `json:"departure"`
	Evidence    *report.Evidence      `json:"evidence"`
	Cause       *uint64               `json:"cause"`
	Dialog      membership.Dialog     `json:"dialog"`
	DialogSince membership.Instant    `json:"dialog_since"`
}

type keptView struct {
	User     membership.UserID `json:"id"`
	Name     *string           `json:"name"`
	Username *string           `json:"username"`
	Why      string            `json:"why"`
}

func viewPlan(p membership.Plan) *planView {
	v := planView{
		Schema: p.Schema, ID: p.ID, Nonce: p.Nonce, Group: p.Group, Made: p.Made, Rows: []planRowView{}, Kept: []keptView{},
		LookUp: p.LookUp, Subscribers: p.Subscribers, Breaker: p.Breaker,
	}
	for _, r := range p.Rows {
		v.Rows = append(v.Rows, planRowView{
			User: r.User, Name: orNull(r.Name), Username: orNull(r.Username), Verb: r.Verb, Reason: r.Reason, Presence: r.Presence,
			Departure: orNull(r.Left), Evidence: report.EvidenceOf(r.Evidence), Cause: orNull(r.Cause), Dialog: r.Dialog, DialogSince: r.DialogSince,
		})
	}
	for _, k := range p.Kept {
		v.Kept = append(v.Kept, keptView{User: k.User, Name: orNull(k.Name), Username: orNull(k.Username), Why: k.Why})
	}
	return &v
}

// plan is the reverse of viewPlan.
func (v planView) plan() membership.Plan {
	p := membership.Plan{
		Schema: v.Schema, ID: v.ID, Nonce: v.Nonce, Group: v.Group, Made: v.Made, Rows: []membership.PlanRow{}, Kept: []membership.Kept{},
		LookUp: v.LookUp, Subscribers: v.Subscribers, Breaker: v.Breaker,
	}
	for _, r := range v.Rows {
		p.Rows = append(p.Rows, membership.PlanRow{
			User: r.User, Name: orZero(r.Name), Username: orZero(r.Username), Verb: r.Verb, Reason: r.Reason, Presence: r.Presence,
			Left: orZero(r.Departure), Evidence: r.Evidence.Fact(), Cause: orZero(r.Cause), Dialog: r.Dialog, DialogSince: r.DialogSince,
		})
	}
	for _, k := range v.Kept {
		p.Kept = append(p.Kept, membership.Kept{User: k.User, Name: orZero(k.Name), Username: orZero(k.Username), Why: k.Why})
	}
	return p
}

// maxPlanFile: two hundred thousand rows are some 80 MB.
const maxPlanFile = 128 << 20

// readPlan reads a plan file: the plan itself, or its --json envelope.
func readPlan(path string) (membership.Plan, error) {
	content, err := readLimited(path, maxPlanFile)
	if err != nil {
		return membership.Plan{}, err
	}
	return parsePlan(content)
}

// parsePlan is strict: a misspelled key would silently be a plan without rows, and whoever applied it would believe that it was carried
// out. Rows may be struck out of a file by hand; it is then another plan, under another id.
func parsePlan(content []byte) (membership.Plan, error) {
	v, err := decodePlan(content)
	if err != nil {
		return membership.Plan{}, usage("give a plan's id, or a file that \"rollcall prune plan --json\" wrote", "read the plan file: %w", err)
	}
	return v.plan(), nil
}

func decodePlan(content []byte) (planView, error) {
	var keys map[string]json.RawMessage
	if err := json.Unmarshal(content, &keys); err != nil {
		return planView{}, legible(err)
	}
	if _, wrapped := keys["data"]; !wrapped {
		return barePlan(content)
	}
	var e struct {
		Schema int             `json:"schema"`
		Data   json.RawMessage `json:"data"`
		Meta   json.RawMessage `json:"meta"` // says when it was printed
	}
	if err := strictly(content, &e); err != nil {
		return planView{}, err
	}
	if e.Schema != report.Schema {
		return planView{}, fmt.Errorf("schema %d is not one that this version knows", e.Schema)
	}
	return barePlan(e.Data)
}

func barePlan(content []byte) (planView, error) {
	var keys map[string]json.RawMessage
	if err := json.Unmarshal(content, &keys); err != nil {
		return planView{}, legible(err)
	}
	for _, key := range []string{"schema", "group", "made", "rows", "subscribers"} {
		if _, there := keys[key]; !there {
			return planView{}, fmt.Errorf("it is no plan: it has no %q", key)
		}
	}
	var v planView
	if err := strictly(content, &v); err != nil {
		return v, err
	}
	switch {
	case v.Schema != report.Schema:
		return v, fmt.Errorf("schema %d is not one that this version knows", v.Schema)
	case v.Group == 0 || v.Made == 0 || v.Rows == nil:
		return v, errors.New("it names no group, no time or no rows")
	}
	for i, r := range v.Rows {
		if r.User <= 0 || r.Verb != membership.Revoke {
			return v, fmt.Errorf("row %d revokes nobody's access", i+1)
		}
	}
	return v, nil
}

// strictly decodes one JSON value whose keys are all known.
func strictly(content []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(content))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return legible(err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("something follows the plan")
	}
	return nil
}

// legible says of what kind a JSON value is not, without the names of Go's types.
func legible(err error) error {
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		if wrong.Field == "" {
			return fmt.Errorf("it is no JSON object: %s", wrong.Value)
		}
		return fmt.Errorf("%q cannot be this: %s", wrong.Field, wrong.Value)
	}
	return err
}
