package fault

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/gotd/td/tg"
)

// longest bounds the times of rules: a client's day is over.
const longest = 24 * time.Hour

// Parse reads a rule, one line as in the package's description.
func Parse(line string) (Rule, error) {
	p := parser{words: strings.Fields(line)}
	r, err := p.rule()
	if err != nil {
		return Rule{}, fmt.Errorf("read fault %q: %w", line, err)
	}
	return r, nil
}

// parser takes one word after the other.
type parser struct{ words []string }

// peek is the next word; empty at the end.
func (p *parser) peek() string {
	if len(p.words) == 0 {
		return ""
	}
	return p.words[0]
}

func (p *parser) next() string {
	w := p.peek()
	if w != "" {
		p.words = p.words[1:]
	}
	return w
}

// take takes the next word if it is the wanted one.
func (p *parser) take(word string) bool {
	if p.peek() != word {
		return false
	}
	p.next()
	return true
}

func (p *parser) rule() (r Rule, err error) {
	for _, part := range []func(*Rule) error{p.what, p.share, p.of, p.whose, p.times} {
		if err := part(&r); err != nil {
			return r, err
		}
	}
	if extra := p.peek(); extra != "" {
		return r, fmt.Errorf("%q is too much", extra)
	}
	if r.what.onlyCall && !r.ofCalls() {
		return r, fmt.Errorf("%s is for calls, and %q is none", r.what.word, r.of)
	}
	return r, nil
}

func (p *parser) what(r *Rule) error {
	word := p.next()
	if word == "cut" {
		word += " " + p.next()
	}
	known := make([]string, 0, len(whats))
	for _, w := range whats {
		if w.word == word {
			r.what = w
			return p.details(r)
		}
		known = append(known, w.word)
	}
	return fmt.Errorf("%q is not one of %s", word, strings.Join(known, ", "))
}

// details reads what belongs to some faults.
func (p *parser) details(r *Rule) (err error) {
	if r.what.word == failing {
		return p.refusal(r)
	}
	d, isTime := span(p.peek())
	switch {
	case isTime && (r.what.timed || r.what.mayTimed):
		p.next()
	case r.what.timed:
		return fmt.Errorf("%s takes a time like 3s, not %q", r.what.word, p.peek())
	default:
		return nil
	}
	switch r.delay = d; {
	case d <= 0, d > longest:
		return fmt.Errorf("%s is not more than 0 and at most %s", d, longest)
	case r.what.word == flood && d%time.Second != 0:
		return fmt.Errorf("%s is not whole seconds", d)
	}
	return nil
}

// span reads a time, if the word is one.
func span(word string) (time.Duration, bool) {
	d, err := time.ParseDuration(word)
	return d, err == nil
}

var errorName = regexp.MustCompile(`^[A-Z][A-Z0-9_]{2,63}$`)

func (p *parser) refusal(r *Rule) (err error) {
	code := p.next()
	r.code, err = strconv.Atoi(code)
	if err != nil || strconv.Itoa(r.code) != code || r.code < 300 || r.code > 599 {
		return fmt.Errorf("%q is no code from 300 to 599", code)
	}
	if r.name = p.next(); !errorName.MatchString(r.name) {
		return fmt.Errorf("%q is no name like PEER_FLOOD", r.name)
	}
	return nil
}

// share reads "N% of" or "1 of N".
func (p *parser) share(r *Rule) (err error) {
	if percent, ok := strings.CutSuffix(p.peek(), "%"); ok {
		r.percent, err = strconv.ParseFloat(percent, 64)
		if err != nil || !(r.percent > 0) || r.percent > 100 {
			return fmt.Errorf("%q is not more than 0%% and at most 100%%", p.peek())
		}
		p.next()
		if !p.take("of") {
			return fmt.Errorf("a share is followed by of, not %q", p.peek())
		}
		return nil
	}
	if !p.take("1") {
		return nil
	}
	if !p.take("of") {
		return fmt.Errorf("1 is followed by of and a number, not %q", p.peek())
	}
	r.every, err = whole(p.next(), 2)
	return err
}

// maxNumber bounds the numbers of rules.
const maxNumber = 1_000_000

func whole(word string, least int) (int, error) {
	n, err := strconv.Atoi(word)
	if err != nil || strconv.Itoa(n) != word || n < least || n > maxNumber {
		return 0, fmt.Errorf("%q is no number from %d to %d", word, least, maxNumber)
	}
	return n, nil
}

func (p *parser) of(r *Rule) error {
	r.of = p.next()
	switch {
	case r.of == "":
		return errors.New("it does not say of what: calls, updates, a method or a type of update")
	case r.of == calls, r.of == updates:
	case !knownNames()[r.of]:
		return fmt.Errorf("%q is neither calls nor updates, nor a method or type of update", r.of)
	}
	if state := p.peek(); r.of == participant && (state == joined || state == left) {
		r.state = p.next()
	}
	return nil
}

func (p *parser) whose(r *Rule) error {
	switch p.peek() {
	case "from", "to":
	default:
		return nil
	}
	if word := p.next(); word != r.preposition() {
		return fmt.Errorf("calls are from and updates to somebody, and here stands %q", word)
	}
	r.who = p.next()
	if r.who == Owner || r.who == Bot {
		return nil
	}
	if id, err := strconv.ParseInt(r.who, 10, 64); err != nil || id <= 0 || strconv.FormatInt(id, 10) != r.who {
		return fmt.Errorf("%q is not owner, bot or an id", r.who)
	}
	return nil
}

func (p *parser) times(r *Rule) (err error) {
	if p.take("once") {
		r.times = 1
		return nil
	}
	if p.peek() == "" {
		return nil
	}
	if r.times, err = whole(p.next(), 1); err != nil {
		return err
	}
	if !p.take("times") {
		return fmt.Errorf("a number at the end is followed by times, not %q", p.peek())
	}
	return nil
}

// nameOf maps TL type ids to names like channels.getParticipants.
var nameOf = sync.OnceValue(func() map[uint32]string {
	names := make(map[uint32]string)
	for id, full := range tg.TypesMap() {
		names[id], _, _ = strings.Cut(full, "#")
	}
	return names
})

// knownNames are the names of methods and of updates.
var knownNames = sync.OnceValue(func() map[string]bool {
	known := make(map[string]bool)
	makers := tg.TypesConstructorMap()
	for id, name := range nameOf() {
		made := makers[id]()
		_, isUpdate := made.(tg.UpdateClass)
		// gotd calls a method's arguments a Request.
		isMethod := strings.Contains(name, ".") && strings.HasSuffix(fmt.Sprintf("%T", made), "Request")
		known[name] = isMethod || isUpdate
	}
	return known
})
