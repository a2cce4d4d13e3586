package scenario

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"rollcall/internal/tgsim/fault"
	"rollcall/internal/tgsim/rpc"
)

// endings are the names that ended logins are answered with.
var endings = []rpc.Ending{rpc.Revoked, rpc.Unregistered, rpc.Expired, rpc.Duplicated, rpc.Deactivated, rpc.Banned}

// statuses are the Bot API's.
var statuses = []string{"creator", "administrator", "member", "restricted", "left", "kicked"}

// step reads what a line does.
func (p *parser) step() (step, error) {
	verb := p.next()
	if read, ok := verbs()[verb]; ok {
		s, err := read(p)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", verb, err)
		}
		return s, nil
	}
	d, known := deeds[verb]
	if !known {
		return nil, fmt.Errorf("there is no %q", verb)
	}
	s, err := p.act(verb, d)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", verb, err)
	}
	return s, nil
}

// verbs are what lines do beside acts.
func verbs() map[string]func(*parser) (step, error) {
	return map[string]func(*parser) (step, error){
		"fault":   (*parser).fault,
		"budgets": (*parser).budgets,
		"clock":   func(p *parser) (step, error) { d, err := duration(p.next()); return clockStep{d}, err },
		"skew":    func(p *parser) (step, error) { d, err := duration(p.next()); return skewStep{d}, err },
		"end":     (*parser).ending,
		"cut":     func(p *parser) (step, error) { w, err := parseWho(p.next()); return cutStep{w}, err },
		"salts":   func(*parser) (step, error) { return saltStep{}, nil },
		"move":    (*parser).move,
		"raid":    (*parser).raid,
		"churn":   func(p *parser) (step, error) { n, err := whole(p.next(), 0); return churnStep{n}, err },
		"expect":  (*parser).expect,
		"refused": (*parser).refused,
	}
}

// actStep is an act, with people by their names.
type actStep struct {
	verb, group, text string
	takes             takes
	who, by           who
	until             time.Duration
}

func (p *parser) act(verb string, d deed) (actStep, error) {
	s := actStep{verb: verb, takes: d.takes}
	if d.takes == title {
		s.group = p.rest()
		return s, nil
	}
	var err error
	if s.who, err = parseWho(p.next()); err != nil {
		return s, err
	}
	if d.takes == words {
		s.text = p.rest()
		return s, nil
	}
	for err == nil && p.peek() != "" && d.takes != alone {
		err = p.option(&s)
	}
	return s, err
}

// option reads "by WHO", "in GROUP" or "until TIME".
func (p *parser) option(s *actStep) (err error) {
	word, value := p.next(), p.next()
	switch {
	case word == "by" && s.takes == actor && s.by == (who{}):
		s.by, err = parseWho(value)
	case word == "in" && value != "" && s.group == "":
		s.group = strings.TrimPrefix(value, "@")
	case word == "until" && (s.verb == "ban" || s.verb == "restrict") && s.until == 0:
		if s.until, err = duration(value); err == nil && s.until <= 0 {
			err = fmt.Errorf("until %s is over", value)
		}
	default:
		err = fmt.Errorf("%q is too much", strings.TrimSpace(word+" "+value))
	}
	return err
}

// String is the step's line.
func (s actStep) String() string {
	words := []string{s.verb}
	if s.takes != title {
		words = append(words, s.who.String())
	}
	if s.by != (who{}) {
		words = append(words, "by", s.by.String())
	}
	switch {
	case s.group != "" && s.takes == title:
		words = append(words, s.group)
	case s.group != "":
		words = append(words, "in", s.group)
	}
	if s.until > 0 {
		words = append(words, "until", s.until.String())
	}
	if s.text != "" {
		words = append(words, s.text)
	}
	return strings.Join(words, " ")
}

type faultStep struct{ rule *fault.Rule } // nil takes all rules away

func (p *parser) fault() (step, error) {
	text := p.rest()
	if text == "none" {
		return faultStep{}, nil
	}
	r, err := fault.Parse(text)
	return faultStep{&r}, err
}

// String is the step's line.
func (s faultStep) String() string {
	if s.rule == nil {
		return "fault none"
	}
	return "fault " + s.rule.String()
}

type budgetStep struct {
	text    string
	budgets rpc.Budgets
}

func (p *parser) budgets() (step, error) {
	text := p.rest()
	b, err := rpc.ParseBudgets(text)
	return budgetStep{text, b}, err
}

// String is the step's line.
func (s budgetStep) String() string { return strings.TrimSpace("budgets " + s.text) }

type clockStep struct{ by time.Duration }

// String is the step's line.
func (s clockStep) String() string { return "clock " + s.by.String() }

type skewStep struct{ by time.Duration }

// String is the step's line.
func (s skewStep) String() string { return "skew " + s.by.String() }

type endStep struct {
	who who
	why rpc.Ending
}

func (p *parser) ending() (step, error) {
	w, err := parseWho(p.next())
	if err != nil {
		return nil, err
	}
	s := endStep{who: w, why: rpc.Revoked}
	if p.peek() != "" {
		s.why, err = ParseEnding(p.next())
	}
	return s, err
}

// ParseEnding reads the name of an error by which a login can end.
func ParseEnding(name string) (rpc.Ending, error) {
	if why := rpc.Ending(name); slices.Contains(endings, why) {
		return why, nil
	}
	return "", fmt.Errorf("%q is not one of %v", name, endings)
}

// String is the step's line.
func (s endStep) String() string { return fmt.Sprintf("end %s %s", s.who, s.why) }

type cutStep struct{ who who }

// String is the step's line.
func (s cutStep) String() string { return "cut " + s.who.String() }

type moveStep struct {
	who who
	dc  int
}

func (p *parser) move() (step, error) {
	w, err := parseWho(p.next())
	if err != nil {
		return nil, err
	}
	dc, err := whole(p.next(), 1)
	return moveStep{w, dc}, err
}

// String is the step's line.
func (s moveStep) String() string { return fmt.Sprintf("move %s %d", s.who, s.dc) }

type saltStep struct{}

// String is the step's line.
func (saltStep) String() string { return "salts" }

type raidStep struct {
	size int
	over time.Duration
}

func (p *parser) raid() (step, error) {
	n, err := whole(p.next(), 1)
	if err != nil {
		return nil, err
	}
	s := raidStep{size: n}
	if over := p.next(); over != "over" {
		return nil, fmt.Errorf("the number is followed by over, not %q", over)
	}
	if s.over, err = duration(p.next()); err == nil && s.over < 0 {
		err = fmt.Errorf("%s is back in time", s.over)
	}
	return s, err
}

// String is the step's line.
func (s raidStep) String() string { return fmt.Sprintf("raid %d over %s", s.size, s.over) }

type churnStep struct{ every int }

// String is the step's line.
func (s churnStep) String() string { return "churn " + strconv.Itoa(s.every) }

type expectStep struct {
	who    who
	status string
	in     string // "in", "out" or empty
}

func (p *parser) expect() (step, error) {
	w, err := parseWho(p.next())
	if err != nil {
		return nil, err
	}
	s := expectStep{who: w, status: p.next()}
	if !slices.Contains(statuses, s.status) {
		return nil, fmt.Errorf("%q is not one of %s", s.status, strings.Join(statuses, ", "))
	}
	if word := p.peek(); word == "in" || word == "out" {
		s.in = p.next()
	}
	return s, nil
}

// String is the step's line.
func (s expectStep) String() string {
	return strings.TrimSpace(fmt.Sprintf("expect %s %s %s", s.who, s.status, s.in))
}

// refusedStep is an act that Telegram refuses.
type refusedStep struct {
	name string
	act  actStep
}

var errorName = regexp.MustCompile(`^[A-Z][A-Z0-9_]+$`)

func (p *parser) refused() (step, error) {
	name := p.next()
	if !errorName.MatchString(name) {
		return nil, fmt.Errorf("%q is no name like USER_CREATOR", name)
	}
	verb := p.next()
	d, known := deeds[verb]
	if !known {
		return nil, fmt.Errorf("%q is no act", verb)
	}
	s, err := p.act(verb, d)
	if err != nil {
		return nil, err
	}
	return refusedStep{name, s}, nil
}

// String is the step's line.
func (s refusedStep) String() string { return fmt.Sprintf("refused %s %s", s.name, s.act) }
