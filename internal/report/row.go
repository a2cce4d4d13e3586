package report

import (
	"encoding/json"
	"fmt"
	"strings"

	"rollcall/internal/membership"
)

// Row is one person in JSON, as `members --json`, `who --json` and `report --format json` print it. What is not known is null.
type Row struct {
	ID        membership.UserID     `json:"id"`
	FirstName *string               `json:"first_name"`
	LastName  *string               `json:"last_name"`
	Username  *string               `json:"username"`
	Bot       bool                  `json:"bot"`
	Deleted   bool                  `json:"deleted"`
	Presence  membership.Presence   `json:"presence"`
	Role      *membership.Role      `json:"role"`      // null unless in
	Departure *membership.Departure `json:"departure"` // null unless out
	Until     membership.Instant    `json:"until"`     // end of the ban or restriction in force
	Grade     *membership.Grade     `json:"grade"`     // the evidence's, null with it
	Evidence  *Evidence             `json:"evidence"`  // null where there is none
	Since     membership.Instant    `json:"since"`
	// LastConfirmed is the newest time at which anything confirmed the presence.
	LastConfirmed membership.Instant `json:"last_confirmed"`
	// Within is the change of presence that leaves open what it was at the moment of the report; null where it is known.
	Within *Turn `json:"within"`
}

// Turn is a change of presence: after From, and not after To. At From or before, From is null where nothing was known of the person.
type Turn struct {
	From membership.Instant  `json:"from"`
	To   membership.Instant  `json:"to"`
	Was  membership.Presence `json:"was"`
	Is   membership.Presence `json:"is"`
}

// TurnOf is t for JSON; nil for none.
func TurnOf(t *membership.Turn) *Turn {
	if t == nil {
		return nil
	}
	return &Turn{From: t.From, To: t.To, Was: t.Was, Is: t.Is}
}

// Evidence is how a fact is known.
type Evidence struct {
	Source membership.Source `json:"source"`
	Grade  membership.Grade  `json:"grade"`
	// Ref is the source's own number: the qts, the admin log's event id, the message's id, walk<<32 | row, a lookup's time in nanoseconds.
	Ref uint64 `json:"ref"`
	// Walk and Row are what the ref of a list means; null for every other source.
	Walk     *uint32            `json:"walk"`
	Row      *uint32            `json:"row"`
	Origin   *membership.UserID `json:"origin"`   // the bot by whose count the ref is, null where it is the group's own
	At       membership.Instant `json:"at"`       // Telegram's time
	Recorded membership.Instant `json:"recorded"` // ours
	Actor    *membership.UserID `json:"actor"`    // who did it, where Telegram says so
}

// RowOf is p's row.
func RowOf(p membership.Person) Row {
	s := p.Standing
	row := Row{
		ID: p.Profile.User, FirstName: present(p.Profile.FirstName), LastName: present(p.Profile.LastName),
		Username: present(p.Profile.Username), Bot: p.Profile.Bot, Deleted: p.Profile.Deleted,
		Presence: s.Presence, Role: present(s.Role), Departure: present(s.Departure), Until: s.Until,
		Evidence: EvidenceOf(s.Evidence), Since: s.Since, LastConfirmed: s.LastConfirmed,
		Within: TurnOf(p.Within),
	}
	if row.Evidence != nil {
		row.Grade = &row.Evidence.Grade
	}
	return row
}

// EvidenceOf is e for JSON; nil where there is none.
func EvidenceOf(e membership.Evidence) *Evidence {
	if e.Source == membership.NoSource {
		return nil
	}
	row := Evidence{
		Source: e.Source, Grade: e.Grade, Ref: e.Ref, Origin: present(e.Origin), At: e.At, Recorded: e.Recorded, Actor: present(e.Actor),
	}
	if e.Source == membership.SourceList && e.Ref != 0 {
		walk, at := uint32(e.Ref>>32), uint32(e.Ref)
		row.Walk, row.Row = &walk, &at
	}
	return &row
}

// Fact is what e was made of. No evidence is the zero fact.
func (e *Evidence) Fact() membership.Evidence {
	if e == nil {
		return membership.Evidence{}
	}
	f := membership.Evidence{Source: e.Source, Grade: e.Grade, Ref: e.Ref, At: e.At, Recorded: e.Recorded}
	if e.Origin != nil {
		f.Origin = *e.Origin
	}
	if e.Actor != nil {
		f.Actor = *e.Actor
	}
	return f
}

// Reference is where e can be looked up, in words; empty where there is no evidence.
func Reference(e membership.Evidence) string {
	switch e.Source {
	case membership.SourceMessage:
		return fmt.Sprintf("message %d", e.Ref)
	case membership.SourceList:
		if e.Ref == 0 {
			return "a list" // an earlier one, of which the date alone was kept
		}
		return fmt.Sprintf("walk %d, row %d", e.Ref>>32, uint32(e.Ref))
	case membership.SourceBotUpdate:
		return fmt.Sprintf("bot update, qts %d", e.Ref)
	case membership.SourceAdminLog:
		return fmt.Sprintf("admin log, event %d", e.Ref)
	case membership.SourceLookup:
		return "lookup"
	case membership.NoSource:
	}
	return ""
}

func present[T comparable](v T) *T {
	var none T
	if v == none {
		return nil
	}
	return &v
}

// Meta says how far a report may be trusted.
type Meta struct {
	// AsOf is the moment for which it holds.
	AsOf membership.Instant `json:"as_of"`
	// Coverage is that of the newest finished walk; null before the first.
	Coverage *membership.Coverage `json:"coverage"`
	// Freshness is null where the group's sources were not asked for.
	Freshness *membership.Freshness `json:"freshness"`
	// Gaps are the spans of lost history that touch what the report is about.
	Gaps []membership.Gap `json:"gaps"`
	// Caveats are what else a reader should know before relying on it, a clause each.
	Caveats []string `json:"caveats"`
}

// Gap is a span of lost history for JSON. What has not settled it yet is null.
type Gap struct {
	ID      uint64               `json:"id"`
	Source  membership.GapSource `json:"source"`
	From    membership.Instant   `json:"from"`
	To      membership.Instant   `json:"to"`
	Reason  string               `json:"reason"`
	Noted   membership.Instant   `json:"noted"`
	Settled membership.Instant   `json:"settled"`
	How     *string              `json:"settled_by"`
}

// GapsOf are the gaps for JSON; an empty array for none.
func GapsOf(gaps []membership.Gap) []Gap {
	shown := make([]Gap, 0, len(gaps))
	for _, g := range gaps {
		shown = append(shown, Gap{
			ID: g.ID, Source: g.Source, From: g.From, To: g.To, Reason: g.Reason, Noted: g.Noted, Settled: g.Settled, How: present(g.How),
		})
	}
	return shown
}

// freshness is with gaps as they are shown.
type freshness struct {
	membership.Freshness

	Gaps []Gap `json:"gaps"`
}

// MarshalJSON writes lists as arrays, also empty ones.
func (m Meta) MarshalJSON() ([]byte, error) {
	shown := struct {
		AsOf      membership.Instant   `json:"as_of"`
		Coverage  *membership.Coverage `json:"coverage"`
		Freshness *freshness           `json:"freshness"`
		Gaps      []Gap                `json:"gaps"`
		Caveats   []string             `json:"caveats"`
	}{AsOf: m.AsOf, Coverage: m.Coverage, Gaps: GapsOf(m.Gaps), Caveats: append([]string{}, m.Caveats...)}
	if m.Coverage != nil && m.Coverage.Reasons == nil {
		c := *m.Coverage
		c.Reasons = []string{}
		shown.Coverage = &c
	}
	if m.Freshness != nil {
		shown.Freshness = &freshness{Freshness: *m.Freshness, Gaps: GapsOf(m.Freshness.Gaps)}
	}
	return json.Marshal(shown)
}

// CoverageText is m's coverage in one line.
func (m Meta) CoverageText() string {
	c := m.Coverage
	if c == nil {
		return "no finished walk"
	}
	text := fmt.Sprintf("%d proven in, %d listed, %d counted by Telegram", c.Proven, c.Listed, c.Total)
	if c.Complete {
		return text + ", complete"
	}
	return text
}

// FreshnessText is m's freshness in one line.
func (m Meta) FreshnessText() string {
	f := m.Freshness
	switch {
	case f == nil:
		return "unknown"
	case f.As == 0:
		return f.Mode.String()
	}
	return fmt.Sprintf("%s, confirmed %s", f.Mode, f.As)
}

// GapsText are m's gaps in one line; empty for none.
func (m Meta) GapsText() string {
	texts := make([]string, 0, len(m.Gaps))
	for _, g := range m.Gaps {
		texts = append(texts, g.From.String()+" to "+g.To.String())
	}
	return strings.Join(texts, ", ")
}

// CaveatsText are m's caveats in one line; empty for none.
func (m Meta) CaveatsText() string { return strings.Join(m.Caveats, "; ") }
