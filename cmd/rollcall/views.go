package main

import (
	"strings"

	"rollcall/internal/membership"
	"rollcall/internal/report"
)

// The shapes in which --json shows what membership keeps: membership's own types leave out what is absent, and programs are promised null.

// orNull is v, or null where v is nothing.
func orNull[T comparable](v T) *T {
	var none T
	if v == none {
		return nil
	}
	return &v
}

// orZero is the reverse of orNull.
func orZero[T any](v *T) T {
	var none T
	if v == nil {
		return none
	}
	return *v
}

// groupView is the group that an answer is about.
type groupView struct {
	ID       membership.GroupID   `json:"id"`
	Kind     membership.GroupKind `json:"kind"`
	Title    string               `json:"title"`
	Username *string              `json:"username"`
	Total    *int                 `json:"total"` // the server's own count
	Creator  bool                 `json:"creator"`
	Admin    bool                 `json:"admin"`
	Rights   membership.Rights    `json:"rights"`
}

func viewGroup(g membership.Group) groupView {
	return groupView{
		ID: g.ID, Kind: g.Kind, Title: g.Title, Username: orNull(g.Username), Total: orNull(g.Total), Creator: g.Creator, Admin: g.Admin, Rights: g.Rights,
	}
}

// sourcesView is when each source last worked.
type sourcesView struct {
	BotAdmin *bool              `json:"bot_admin"` // null until a run or a sync has seen it
	BotFeed  membership.Instant `json:"bot_feed"`
	FeedFrom membership.Instant `json:"feed_from"`
	AdminLog membership.Instant `json:"admin_log"`
	List     membership.Instant `json:"list"` // of a basic group
	Walk     membership.Instant `json:"walk"`
	Gaps     []report.Gap       `json:"gaps"`
}

func viewSources(s membership.Sources) sourcesView {
	return sourcesView{BotAdmin: botAdmin(s), BotFeed: s.BotFeed, FeedFrom: s.FeedFrom, AdminLog: s.AdminLog, List: s.List, Walk: s.Walk, Gaps: report.GapsOf(s.Gaps)}
}

// botAdmin is whether the bot is an administrator of the group; nil where nobody knows. The sources begin with a plain no, which says
// something only once the bot has been heard.
func botAdmin(s membership.Sources) *bool {
	if !s.BotAdmin && s.BotFeed == 0 {
		return nil
	}
	return &s.BotAdmin
}

// freshnessOf is membership's, but for a reason that claims more than is known.
func freshnessOf(s membership.Sources, now membership.Instant) membership.Freshness {
	f := membership.FreshnessOf(s, now)
	if f.Mode == membership.Stale && botAdmin(s) == nil && s.Link == membership.NoLink && !s.BotOut {
		_, reads, _ := strings.Cut(f.Reason, "; ")
		f.Reason = "the bot has not been heard yet; " + reads
	}
	return f
}

// walkView is a walk; its checkpoint has nothing next once all was read.
type walkView struct {
	ID          uint32                  `json:"id"`
	Group       membership.GroupID      `json:"group"`
	Started     membership.Instant      `json:"started"`
	Ended       membership.Instant      `json:"ended"`
	Checkpoint  checkpointView          `json:"checkpoint"`
	Certificate *membership.Certificate `json:"certificate"`
}

type checkpointView struct {
	membership.Checkpoint

	Next *queryView `json:"next"`
}

// queryView is the next call of a walk; only a search has a text.
type queryView struct {
	List   membership.List `json:"list"`
	Text   *string         `json:"text"`
	Offset int             `json:"offset"`
}

func viewWalk(w membership.Walk) *walkView {
	v := &walkView{
		ID: w.ID, Group: w.Group, Started: w.Started, Ended: w.Ended, Certificate: w.Certificate, Checkpoint: checkpointView{Checkpoint: w.Checkpoint},
	}
	if q := w.Checkpoint.Next; q.List != 0 {
		v.Checkpoint.Next = &queryView{List: q.List, Text: orNull(q.Text), Offset: q.Offset}
	}
	return v
}

// verdictView is the gate's verdict.
type verdictView struct {
	Answer   membership.Answer `json:"answer"`
	Rule     membership.Rule   `json:"rule"`
	Because  string            `json:"because"`
	Change   string            `json:"change"`
	Evidence *report.Evidence  `json:"evidence"`
	Mode     membership.Mode   `json:"mode"`
	Shadow   bool              `json:"shadow"`
}

func viewVerdict(v membership.Verdict) verdictView {
	return verdictView{
		Answer: v.Answer, Rule: v.Rule, Because: v.Because, Change: v.Change, Evidence: report.EvidenceOf(v.Evidence), Mode: v.Mode, Shadow: v.Shadow,
	}
}

// actionView is something that was done about a person, or is to be done.
type actionView struct {
	ID        uint64                 `json:"id"`
	Verb      membership.Verb        `json:"verb"`
	Group     membership.GroupID     `json:"group"`
	User      membership.UserID      `json:"user"`
	Reason    membership.Reason      `json:"reason"`
	Cause     *uint64                `json:"cause"` // the ledger's entry that led to it
	At        membership.Instant     `json:"at"`
	State     membership.ActionState `json:"state"`
	Plan      *string                `json:"plan"`
	Payload   *string                `json:"payload"`
	Tries     int                    `json:"tries"`
	NotBefore membership.Instant     `json:"not_before"`
	Error     *string                `json:"error"`
}

func viewActions(actions []membership.Action) []actionView {
	views := make([]actionView, 0, len(actions))
	for _, a := range actions {
		views = append(views, actionView{
			ID: a.ID, Verb: a.Verb, Group: a.Group, User: a.User, Reason: a.Reason, Cause: orNull(a.Cause), At: a.At, State: a.State,
			Plan: orNull(a.Plan), Payload: orNull(a.Text), Tries: a.Tries, NotBefore: a.NotBefore, Error: orNull(a.Error),
		})
	}
	return views
}
