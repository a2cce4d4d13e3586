package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"
)

// play tells the whole story, and stops what it started.
func (s *show) play(ctx context.Context) (err error) {
	defer func() { err = errors.Join(err, s.stopRun()) }()
	for _, chapter := range []func(context.Context) error{
		s.signIn, s.firstSync, s.goLive, s.beginEnforcing, s.comings, s.goings, s.explain, s.export, s.compare,
	} {
		if err := chapter(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (s *show) signIn(ctx context.Context) error {
	s.say("Rollcall, against a simulated Telegram on this machine (%s): real MTProto, real processes, no account and no network. "+
		"Every command below is this program's own, run as you would run it.", s.ready.Address)
	s.chapter("1. Sign in")
	s.say("The owner signs in with their own account (code and password), the companion bot with its token. Secrets come from files or prompts, never " +
		"from the command line.")
	err := s.owner(ctx, 0, "login", "--phone", "+"+strings.TrimPrefix(s.ready.Owner.Phone, "+"), "--code-file", "code", "--password-file", "password", "--bot-token-file", "bot_token")
	if err != nil {
		return err
	}
	return s.owner(ctx, 0, "groups")
}

func (s *show) firstSync(ctx context.Context) error {
	s.chapter("2. The first roll")
	s.say("Rollcall walks the group's participants, reads its admin log, and says what that proved, and what it did not: deleted accounts " +
		"are counted by Telegram and shown to nobody.")
	return s.owner(ctx, 0, "sync")
}

func (s *show) goLive(ctx context.Context) error {
	s.chapter("3. Live, in shadow mode")
	s.say("From now on the bot hears of every join and leave. A newcomer's first run is in shadow mode: nobody is refused, and what would " +
		"have happened is listed.")
	if err := s.startRun(ctx); err != nil {
		return err
	}
	member, err := s.cast(ctx, "member")
	if err != nil {
		return err
	}
	outsider, err := s.stage.newcomer(ctx)
	if err != nil {
		return err
	}
	if err := s.ask(ctx, "a member", member, "start", ""); err != nil {
		return err
	}
	if err := s.ask(ctx, "a stranger", outsider.ID, "start", ""); err != nil {
		return err
	}
	s.say("")
	s.say("The stranger was served as well. This is what would have happened:")
	return s.owner(ctx, 5, "why", formatID(outsider.ID))
}

func (s *show) beginEnforcing(ctx context.Context) error {
	s.chapter("4. Enforce")
	if err := s.owner(ctx, 0, "gate", "enforce", "--yes"); err != nil {
		return err
	}
	outsider, err := s.stage.newcomer(ctx)
	if err != nil {
		return err
	}
	return s.ask(ctx, "a stranger", outsider.ID, "start", "")
}

func (s *show) comings(ctx context.Context) error {
	s.chapter("5. Somebody comes by a deep link")
	s.say("t.me/%s?start=course promises something to members. A newcomer follows it, is refused, joins the group, and gets what the link "+
		"promised without asking again.", s.ready.Bot.Username)
	s.say("")
	n, err := s.stage.newcomer(ctx)
	if err != nil {
		return err
	}
	if err := s.ask(ctx, "newcomer", n.ID, "start", "course"); err != nil {
		return err
	}
	before, err := s.stage.messages(ctx, n.ID)
	if err != nil {
		return err
	}
	if err := s.stage.act(ctx, act{Action: "join", Group: s.ready.Group.Username, User: n.ID}); err != nil {
		return err
	}
	s.heard("newcomer", "joins the group")
	return s.answered(ctx, n.ID, len(before))
}

// departures are what happens to members one after the other.
var departures = []struct{ action, told string }{
	{"leave", "leaves the group"},
	{"kick", "is removed by the owner"},
	{"ban", "is banned by the owner"},
	{"block", "blocks the bot"},
	{"restrict", "is muted by the owner, and stays"},
}

func (s *show) goings(ctx context.Context) error {
	s.chapter("6. People go")
	s.say("Five members use the bot. One leaves, one is kicked, one is banned, one blocks the bot, one is muted. Access follows the update " +
		"at once; who is muted stays a member.")
	s.say("")
	people, err := s.castMany(ctx, "member", len(departures))
	if err != nil {
		return err
	}
	for i, d := range departures {
		if err := s.stage.act(ctx, act{Action: "start", User: people[i].ID}); err != nil {
			return err
		}
		if err := s.waitAccess(ctx, people[i].ID, "granted", nil); err != nil {
			return err
		}
		began := s.now()
		if err := s.stage.act(ctx, act{Action: d.action, Group: s.ready.Group.Username, User: people[i].ID}); err != nil {
			return err
		}
		if err := s.showAccess(ctx, d.action, people[i], d.told, began); err != nil {
			return err
		}
		s.gone[d.action] = people[i].ID
	}
	s.say("")
	s.say("The one who left asks again:")
	return s.ask(ctx, "who left", people[0].ID, "message", "hello?")
}

// showAccess waits until the roster has taken an action in, and tells what it did to the person's access.
func (s *show) showAccess(ctx context.Context, action string, p trueMember, told string, began time.Time) error {
	want := "revoked"
	settled := func(whoAnswer) bool { return true }
	switch action {
	case "restrict":
		want = "granted"
		settled = func(w whoAnswer) bool { return w.Person.Role != nil && w.Person.Role.String() == "restricted" }
	case "kick":
		settled = func(w whoAnswer) bool { return w.Person.Departure != nil && w.Person.Departure.String() == "kicked" }
	}
	var last whoAnswer
	err := s.waitAccess(ctx, p.ID, want, func(w whoAnswer) bool {
		last = w
		return settled(w)
	})
	if err != nil {
		return err
	}
	took := s.now().Sub(began).Round(10 * time.Millisecond)
	s.heard(p.FirstName, fmt.Sprintf("%s: access %s (%s), seen %s later", told, last.Subscriber.Access, last.Subscriber.Reason, took))
	return nil
}

func (s *show) waitAccess(ctx context.Context, user int64, access string, also func(whoAnswer) bool) error {
	return s.until(ctx, fmt.Sprintf("the access of %d to be %s", user, access), func(ctx context.Context) (bool, error) {
		var w whoAnswer
		if err := s.query(ctx, &w, "who", formatID(user)); err != nil {
			return false, err
		}
		return w.Subscriber != nil && w.Subscriber.Access.String() == access && (also == nil || also(w)), nil
	})
}

func (s *show) explain(ctx context.Context) error {
	s.chapter("7. Who and why")
	s.say("Every standing has its evidence, every verdict its rule.")
	if err := s.owner(ctx, 0, "who", formatID(s.gone["restrict"])); err != nil {
		return err
	}
	for _, action := range []string{"kick", "block"} {
		if err := s.owner(ctx, 0, "why", formatID(s.gone[action])); err != nil {
			return err
		}
	}
	return s.owner(ctx, 0, "status")
}

func (s *show) export(ctx context.Context) error {
	s.chapter("8. A report for the admins")
	s.say("One row a person; names that would be formulas, escape sequences or turned text are made harmless.")
	if err := s.owner(ctx, 0, "report", "--format", "csv", "--out", "report.csv"); err != nil {
		return err
	}
	return s.owner(ctx, 0, "check")
}

// cast finds somebody of the truth for a part: an ordinary member who has not played yet.
func (s *show) cast(ctx context.Context, status string) (int64, error) {
	people, err := s.castMany(ctx, status, 1)
	if err != nil {
		return 0, err
	}
	return people[0].ID, nil
}

func (s *show) castMany(ctx context.Context, status string, n int) ([]trueMember, error) {
	truth, err := s.stage.members(ctx, s.ready.Group.Username)
	if err != nil {
		return nil, err
	}
	var found, odd []trueMember
	for _, m := range truth {
		switch {
		case m.Status != status || !m.In || m.Bot || m.Deleted || m.Anonymous || s.played[m.ID]:
		case plainFirst(m.FirstName):
			found = append(found, m)
		default:
			odd = append(odd, m)
		}
	}
	if found = append(found, odd...); len(found) < n {
		return nil, fmt.Errorf("the simulated group has only %d people with status %s", len(found), status)
	}
	found = found[:n]
	for _, m := range found {
		s.played[m.ID] = true
	}
	return found, nil
}

// plainFirst says that a name reads well in a story; in a small group others play as well.
func plainFirst(name string) bool {
	return len(name) > 2 && len(name) < 10 && strings.IndexFunc(name, func(r rune) bool { return !isLetter(r) }) < 0
}

// ask has somebody write to the bot, and shows what they wrote and what they were told.
func (s *show) ask(ctx context.Context, who string, user int64, action, text string) error {
	before, err := s.stage.messages(ctx, user)
	if err != nil {
		return err
	}
	if err := s.stage.act(ctx, act{Action: action, User: user, Text: text}); err != nil {
		return err
	}
	wrote := text
	if action == "start" {
		wrote = strings.TrimSpace("/start " + text)
	}
	s.heard(who, wrote)
	return s.answered(ctx, user, len(before))
}

// answered waits for the bot's next message to somebody, and shows it.
func (s *show) answered(ctx context.Context, user int64, had int) error {
	var got []botMessage
	err := s.until(ctx, "the bot's answer", func(ctx context.Context) (bool, error) {
		var err error
		got, err = s.stage.messages(ctx, user)
		return len(got) > had, err
	})
	if err != nil {
		return err
	}
	m := got[len(got)-1]
	words := []string{m.Text}
	for _, b := range m.Buttons {
		word := "[" + b.Text + "]"
		if b.URL != "" {
			word += "(" + b.URL + ")"
		}
		words = append(words, word)
	}
	lines := wrapText(strings.Join(words, " "), 84)
	s.heard("bot", lines[0])
	for _, l := range lines[1:] {
		s.heard("", l)
	}
	return nil
}

// conclude names what the demo leaves, and what to try next.
func (s *show) conclude() {
	s.chapter("What is left")
	s.say("%s holds the roster (data/roster.db), the report (report.csv), the log of run (run.log) and the configuration. Took %s.",
		s.dir, s.now().Sub(s.began).Round(100*time.Millisecond))
	s.say("Try next:")
	config := filepath.Join(s.dir, "config.yaml")
	for _, next := range []string{"members --presence out", "who " + formatID(s.ready.Owner.UserID), "prune plan", "status"} {
		_, _ = fmt.Fprintf(s.screen.w, "  %s --config %s %s\n", s.typed(), config, next)
	}
}
