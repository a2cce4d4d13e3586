package scenario

import (
	"errors"
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
	verb := p.peek()
	if read, ok := verbs()[verb]; ok {
		p.next()
		s, err := read(p)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", verb, err)
		}
		return s, nil
	}
	group, err := p.place()
	if err != nil {
		return nil, err
	}
	verb = p.next()
	if verb == "expect" {
		s, err := p.expect()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", verb, err)
		}
		s.group = group
		return s, nil
	}
	d, known := deeds[verb]
	switch {
	case !known && group != "":
		return nil, fmt.Errorf("there is no %q in a group", verb)
	case !known:
		return nil, fmt.Errorf("there is no %q", verb)
	}
	s, err := p.act(verb, d, group)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", verb, err)
	}
	return s, nil
}

// place reads "in GROUP", if it is there.
func (p *parser) place() (group string, err error) {
	if p.peek() != "in" {
		return "", nil
	}
	p.next()
	return readGroup(p.next())
}

// verbs are what lines do beside acts.
func verbs() map[string]func(*parser) (step, error) {
	return map[string]func(*parser) (step, error){
		"fault":   (*parser).fault,
		"budgets": (*parser).budgets,
		"clock":   func(p *parser) (step, error) { d, err := ahead(p.next()); return clockStep{d}, err },
		"skew":    func(p *parser) (step, error) { d, err := duration(p.next()); return skewStep{d}, err },
		"end":     (*parser).ending,
		"cut":     func(p *parser) (step, error) { w, err := parseWho(p.next()); return cutStep{w}, err },
		"salts":   func(*parser) (step, error) { return saltStep{}, nil },
		"token":   func(*parser) (step, error) { return tokenStep{}, nil },
		"move":    (*parser).move,
		"raid":    (*parser).raid,
		"churn":   func(p *parser) (step, error) { n, err := whole(p.next(), 0); return churnStep{n}, err },
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

// act reads what follows the verb. Group is one that has been told before it.
func (p *parser) act(verb string, d deed, group string) (s actStep, err error) {
	s = actStep{verb: verb, takes: d.takes, group: group}
	if group != "" && d.takes != place && d.takes != actor && d.takes != words {
		return s, errors.New("it is not done in a group")
	}
	if d.takes == title {
		s.group, err = p.text()
		return s, err
	}
	if s.who, err = parseWho(p.next()); err != nil {
		return s, err
	}
	if d.takes == words || d.takes == private {
		if s.text, err = p.text(); err == nil && d.check != nil {
			err = d.check(s.text)
		}
		return s, err
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
	case word == "in" && s.group == "":
		s.group, err = readGroup(value)
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
	line := []string{s.verb}
	if s.takes != title {
		line = append(line, s.who.String())
	}
	if s.by != (who{}) {
		line = append(line, "by", s.by.String())
	}
	switch {
	case s.group == "":
	case s.takes == title:
		line = append(line, spoken(s.group))
	case s.takes == words:
		line = append([]string{"in", groupName(s.group)}, line...)
	default:
		line = append(line, "in", groupName(s.group))
	}
	if s.until > 0 {
		line = append(line, "until", short(s.until))
	}
	if s.text != "" {
		line = append(line, spoken(s.text))
	}
	return strings.Join(line, " ")
}

// short is the time as people write it: 49h, not 49h0m0s.
func short(d time.Duration) string {
	text := d.String()
	for _, unit := range []string{"m0s", "h0m"} {
		if strings.HasSuffix(text, unit) {
			text = text[:len(text)-2]
		}
	}
	return text
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
	if text == "" {
		return nil, errors.New("it does not say which; *=unlimited takes all away")
	}
	b, err := rpc.ParseBudgets(text)
	return budgetStep{text, b}, err
}

// String is the step's line.
func (s budgetStep) String() string { return strings.TrimSpace("budgets " + s.text) }

type clockStep struct{ by time.Duration }

// String is the step's line.
func (s clockStep) String() string { return "clock " + short(s.by) }

type skewStep struct{ by time.Duration }

// String is the step's line.
func (s skewStep) String() string { return "skew " + short(s.by) }

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
	names := make([]string, 0, len(endings))
	for _, why := range endings {
		names = append(names, string(why))
	}
	return "", fmt.Errorf("%q is not one of %s", name, strings.Join(names, ", "))
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

type tokenStep struct{}

// String is the step's line.
func (tokenStep) String() string { return "token" }

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
	s.over, err = ahead(p.next())
	return s, err
}

// String is the step's line.
func (s raidStep) String() string { return fmt.Sprintf("raid %d over %s", s.size, short(s.over)) }

type churnStep struct{ every int }

// String is the step's line.
func (s churnStep) String() string { return "churn " + strconv.Itoa(s.every) }

type expectStep struct {
	group  string // empty is the watched one
	who    who
	status string
	in     string // "in", "out" or empty
}

func (p *parser) expect() (s expectStep, err error) {
	if s.who, err = parseWho(p.next()); err != nil {
		return s, err
	}
	s.status = p.next()
	if !slices.Contains(statuses, s.status) {
		return s, fmt.Errorf("%q is not one of %s", s.status, strings.Join(statuses, ", "))
	}
	if word := p.peek(); word == "in" || word == "out" {
		s.in = p.next()
	}
	return s, nil
}

// String is the step's line.
func (s expectStep) String() string {
	text := strings.TrimSpace(fmt.Sprintf("expect %s %s %s", s.who, s.status, s.in))
	if s.group == "" {
		return text
	}
	return "in " + groupName(s.group) + " " + text
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
	group, err := p.place()
	if err != nil {
		return nil, err
	}
	verb := p.next()
	d, known := deeds[verb]
	if !known {
		return nil, fmt.Errorf("%q is no act", verb)
	}
	s, err := p.act(verb, d, group)
	if err != nil {
		return nil, err
	}
	return refusedStep{name, s}, nil
}

// String is the step's line.
func (s refusedStep) String() string { return fmt.Sprintf("refused %s %s", s.name, s.act) }
