package membership

import (
	"fmt"
	"time"
)

const (
	// TellingSpan is within what changes of one thing are counted: whoever is told of a hundred changes in an hour does not read the last one.
	TellingSpan = time.Hour
	// tellingBurst is how many messages there are of one thing within a span before the rest is summed up: that something was lost, that it grew
	// worse, and that it is well again.
	tellingBurst = 3
)

// Telling is what the owner was told lately of something that changes again and again. Every change is put on record; of the messages there are
// three at once, and then one an hour, which says how often it changed since and how it is now.
type Telling struct {
	Since Instant `json:"since"` // when the present span began
	Sent  int     `json:"sent"`  // messages in it
	Held  int     `json:"held"`  // changes in it of which no message was sent
}

// over says that the span is. One that began after now is of before the clock was set back.
func (t Telling) over(now Instant) bool {
	return now.Sub(t.Since) >= TellingSpan || now < t.Since
}

// Tell takes a text that is to be said at now, and gives the message to send with the telling after it; an empty one where the text is held.
func (t Telling) Tell(whose Account, text string, now Instant) (next Telling, message string) {
	switch {
	case t.over(now) && t.Held == 0:
		return Telling{Since: now, Sent: 1}, text
	case t.over(now):
		return Telling{Since: now, Sent: tellingBurst}, heldText(whose, t) + " " + text
	case t.Sent < tellingBurst:
		t.Sent++
		return t, text
	}
	t.Held++
	return t, ""
}

// Owed says that a message is due that sums up what was held, and nothing else is to be said that would do it.
func (d Duty) Owed(now Instant) bool { return d.Telling.Held > 0 && d.Telling.over(now) && !d.untold() }

func heldText(whose Account, t Telling) string {
	what, times := "What the bot is in the group", "times more"
	if whose == TheOwner {
		what = "What your account is in the group"
	}
	if t.Held == 1 {
		times = "time more"
	}
	return fmt.Sprintf(`%s changed %s %s since %s; "rollcall log --kind rights --kind missed" tells each. Now:`, what, grouped(t.Held), times, t.Since)
}

// PostText says what an account is in the group now, and how to mend it.
func PostText(whose Account, p Post, b Beside) string {
	switch {
	case len(Lacking(whose, p)) > 0:
		return LossText(whose, p, "", b)
	case whose == TheOwner:
		return "Your account is an administrator of the group."
	}
	return "The bot is an administrator of the group."
}
