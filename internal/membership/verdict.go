package membership

import (
	"fmt"
	"time"
)

// Answer is what the gate does about a question.
type Answer uint8

// The answers.
const (
	Refuse Answer = iota + 1
	Serve
	LookUp // ask Telegram first, then decide again with LookedUp set
)

var answerWords = []string{"", "refuse", "serve", "look up"}

func (a Answer) String() string { return word(answerWords, a) }

// MarshalText writes the answer's word.
func (a Answer) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

// UnmarshalText reads what MarshalText wrote.
func (a *Answer) UnmarshalText(b []byte) error { return unword(answerWords, b, a) }

// BlindPolicy is what the gate does when no source works.
type BlindPolicy string

// The blind policies.
const (
	BlindLastKnown BlindPolicy = "last-known" // who was in when last heard of is served
	BlindClosed    BlindPolicy = "closed"     // nobody is
	BlindOpen      BlindPolicy = "open"       // everybody who is not known to be out is
)

// Policy is what the owner decided about the gate and the prune.
type Policy struct {
	// Enforce ends shadow mode. Without it nobody is refused or pruned, and what would have happened is listed.
	Enforce bool
	// Grace is how long after their last confirmation people are served while the group is Stale.
	Grace time.Duration
	Blind BlindPolicy
	// BreakerMin and BreakerShare: more revocations within BreakerWindow than the greater of the two are held.
	BreakerMin   int
	BreakerShare float64
}

// DefaultPolicy is the policy of design.md: shadow mode, six hours of grace, last-known when blind, and a breaker at 20 or 2 %.
func DefaultPolicy() Policy {
	return Policy{Grace: 6 * time.Hour, Blind: BlindLastKnown, BreakerMin: 20, BreakerShare: 0.02}
}

// Case is everything a verdict depends on.
type Case struct {
	User       UserID
	Standing   Standing
	Subscriber Subscriber
	Allowed    bool // on the allow list
	Freshness  Freshness
	Policy     Policy
	// LookedUp says that a lookup was just tried, whatever came of it: the verdict then never is LookUp.
	LookedUp bool
	Now      Instant
}

// Rule names the rule that gave a verdict.
type Rule string

// The rules, in the order in which they are tried.
const (
	RuleAllowed     Rule = "allow-list"
	RuleDoubt       Rule = "doubt"
	RuleOut         Rule = "out"
	RuleRevoked     Rule = "access-revoked"
	RuleMember      Rule = "member"
	RuleGrace       Rule = "member-within-grace"
	RuleLastKnown   Rule = "blind-last-known"
	RuleBlindOpen   Rule = "blind-open"
	RuleBlindClosed Rule = "blind-closed"
	RuleStale       Rule = "stale"
	RuleUnreachable Rule = "unreachable"
	RuleUnknown     Rule = "unknown"
)

// Verdict is a decision together with its explanation.
type Verdict struct {
	Answer Answer `json:"answer"`
	Rule   Rule   `json:"rule"`
	// Because is one sentence for a person; Change says what would change the answer.
	Because string `json:"because"`
	Change  string `json:"change"`
	// Evidence decided; its Grade is NoGrade where there is none. Age is that of the newest confirmation.
	Evidence Evidence      `json:"evidence"`
	Age      time.Duration `json:"-"`
	Mode     Mode          `json:"mode"`
	// Shadow is set in shadow mode where the enforced answer would have been Refuse: Answer is then Serve.
	Shadow bool `json:"shadow"`
}

// Decide is the gate. A member is served, somebody out is refused, everybody else is looked up once.
func Decide(c Case) Verdict {
	v := decide(c)
	v.Evidence, v.Mode = c.Standing.Evidence, c.Freshness.Mode
	if c.Standing.LastConfirmed != 0 {
		v.Age = c.Now.Sub(c.Standing.LastConfirmed)
	}
	if v.Answer == Refuse && !c.Policy.Enforce {
		v.Answer, v.Shadow = Serve, true
		v.Because += "; shadow mode: served all the same"
	}
	return v
}

func decide(c Case) Verdict {
	s := c.Standing
	switch {
	case c.Allowed:
		return verdict(Serve, RuleAllowed, "is on the allow list", "taking them off the allow list")
	case s.Doubt != NoDoubt && !c.LookedUp:
		return verdict(LookUp, RuleDoubt, string(s.Doubt), "Telegram's answer to a lookup")
	case c.Freshness.CatchingUp && !c.LookedUp:
		return verdict(LookUp, RuleStale, c.Freshness.Reason, "Telegram's answer to a lookup")
	case !c.LookedUp && c.Freshness.lost(s.LastConfirmed):
		// They may have come or gone in the gap, whichever way they were last heard of.
		return verdict(LookUp, RuleStale, "a part of what happened since they were last confirmed is lost", "Telegram's answer to a lookup")
	case s.Presence == Out:
		return verdict(Refuse, RuleOut, outSentence(s), outChange(s))
	case s.Presence == Unknown:
		return decideUnknown(c)
	case c.Subscriber.Access == Revoked:
		return verdict(Refuse, RuleRevoked, "lost access: "+string(c.Subscriber.Reason), revokedChange(c.Subscriber))
	}
	return decideIn(c)
}

func decideIn(c Case) Verdict {
	s := c.Standing
	change := "their leaving the group, a removal or a ban"
	switch {
	case c.Freshness.Mode == Fresh && s.LastConfirmed >= c.Freshness.Since:
		// The feed has been whole ever since somebody or something showed them in: a departure would have been heard.
		return verdict(Serve, RuleMember, inSentence(s), change)
	case c.Freshness.Mode != Blind && c.Now.Sub(s.LastConfirmed) <= c.Policy.Grace:
		return verdict(Serve, RuleGrace, inSentence(s)+", confirmed within the grace", change)
	case !c.LookedUp:
		return verdict(LookUp, RuleStale, inSentence(s)+", but not confirmed lately", lookupChange(c))
	}
	if c.Freshness.Mode != Blind {
		return unreachable(c)
	}
	switch c.Policy.Blind {
	case BlindOpen:
		return verdict(Serve, RuleBlindOpen, "no source answers; the gate is open meanwhile", "gate.blind")
	case BlindClosed:
		return verdict(Refuse, RuleBlindClosed, "no source answers; the gate is closed meanwhile", "gate.blind, or a source coming back")
	case BlindLastKnown:
	}
	return verdict(Serve, RuleLastKnown, inSentence(s)+" when last heard of; no source answers now", change)
}

// unreachable is for a member who could not be looked up although a source works: one call that took too long, and no reason to lock somebody out who
// was last heard of inside. Only an owner who closes the gate where nothing is confirmed wants them to ask again.
func unreachable(c Case) Verdict {
	if c.Policy.Blind == BlindClosed {
		return verdict(Refuse, RuleUnreachable, "Telegram did not answer whether they are still a member", "their asking again, or any event")
	}
	return verdict(Serve, RuleUnreachable, inSentence(c.Standing)+" when last heard of; Telegram did not answer whether they still are",
		"their leaving the group, a removal or a ban")
}

func decideUnknown(c Case) Verdict {
	switch {
	case !c.LookedUp:
		return verdict(LookUp, RuleUnknown, "nothing is known about them", lookupChange(c))
	case c.Freshness.Mode == Blind && c.Policy.Blind == BlindOpen:
		return verdict(Serve, RuleBlindOpen, "no source answers; the gate is open meanwhile", "gate.blind")
	}
	return verdict(Refuse, RuleUnknown, "Telegram could not be asked whether they are a member", "a lookup that succeeds, or any event")
}

// lookupChange says what a lookup's answer, and the lack of one, decides.
func lookupChange(c Case) string {
	const answer = "Telegram's answer to a lookup"
	if c.Freshness.Mode != Blind {
		return answer
	}
	return fmt.Sprintf("%s; without one gate.blind decides, which is %s", answer, c.Policy.Blind)
}

func verdict(a Answer, r Rule, because, change string) Verdict {
	return Verdict{Answer: a, Rule: r, Because: because, Change: change}
}

func inSentence(s Standing) string {
	switch s.Role {
	case Creator:
		return "created the group"
	case Administrator:
		return "is an administrator of the group"
	case Restricted:
		return "is a member, restricted but inside"
	case Member, NoRole:
	}
	return "is a member of the group"
}

func outSentence(s Standing) string {
	text := string(DepartureReason(s.Departure))
	if s.Outsider() {
		text = "is not in the group, and never was a member as far as is known"
	}
	if s.Until != 0 {
		text += fmt.Sprintf(" until %s", s.Until)
	}
	return text
}

func revokedChange(s Subscriber) string {
	if s.Reason == ReasonBlocked {
		return "their unblocking the bot, or writing to it"
	}
	return "an event that shows them coming back, or prune undo"
}

func outChange(s Standing) string {
	switch {
	case s.Departure == Banned:
		return "an admin's lifting the ban, and their joining again"
	case s.Outsider():
		return "their joining"
	}
	return "their joining again"
}
