package rpc

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// isMethod says whether TL has a method or type of this name.
func isMethod(name string) bool { return knownNames()[name] }

var knownNames = sync.OnceValue(func() map[string]bool {
	known := make(map[string]bool)
	for _, name := range methodNames() {
		known[name] = true
	}
	return known
})

// Words that stand for budgets in their text form.
const (
	everyOther = "*"         // each method that is not named
	defaults   = "default"   // DefaultBudgets, to be changed by what follows
	noLimit    = "unlimited" // as a method's budget
)

// ParseBudgets reads budgets from their text form, METHOD=BURST/RATE items with commas between, as in
//
//	default,channels.getParticipants=1500/100/5,messages.sendMessage=30/1,*=unlimited
//
// RATE is calls a second and may have a fraction. A third number is Budget.AtOnce, "!" after the method's name
// sets Budget.PeerFlood, "*" is every method that is not named, and "default" first begins with
// DefaultBudgets. Without it methods that are not named are unlimited.
func ParseBudgets(text string) (Budgets, error) {
	out := Budgets{}
	for item := range strings.SplitSeq(text, ",") {
		item = strings.TrimSpace(item)
		switch item {
		case "":
			continue
		case defaults:
			maps.Copy(out, DefaultBudgets())
			continue
		}
		if err := out.take(item); err != nil {
			return nil, fmt.Errorf("read budget %q: %w", item, err)
		}
	}
	return out, nil
}

// take reads one METHOD=BUDGET.
func (b Budgets) take(item string) error {
	method, value, ok := strings.Cut(item, "=")
	if !ok {
		return errors.New("it must be METHOD=BURST/RATE")
	}
	method, peerFlood := strings.CutSuffix(method, "!")
	budget, err := parseBudget(value)
	if err != nil {
		return err
	}
	budget.PeerFlood = peerFlood && budget.Burst > 0
	switch {
	case method == everyOther:
		method = ""
	case !isMethod(method):
		return fmt.Errorf("there is no method %q", method)
	}
	b[method] = budget
	return nil
}

func parseBudget(text string) (Budget, error) {
	var b Budget
	if text == noLimit {
		return b, nil
	}
	parts := strings.Split(text, "/")
	if len(parts) < 2 || len(parts) > 3 {
		return b, fmt.Errorf("%q is not BURST/RATE or BURST/RATE/AT-ONCE", text)
	}
	var err error
	if b.Burst, err = strconv.Atoi(parts[0]); err != nil || b.Burst < 1 {
		return b, fmt.Errorf("the burst must be a number from 1, not %q", parts[0])
	}
	b.Rate, err = strconv.ParseFloat(parts[1], 64)
	if err != nil || b.Rate <= 0 || math.IsNaN(b.Rate) || math.IsInf(b.Rate, 0) {
		return b, fmt.Errorf("the rate must be more than 0 a second, not %q", parts[1])
	}
	if len(parts) == 3 {
		if b.AtOnce, err = strconv.Atoi(parts[2]); err != nil || b.AtOnce < 1 {
			return b, fmt.Errorf("the calls at once must be a number from 1, not %q", parts[2])
		}
	}
	return b, nil
}

// String is the text form that ParseBudgets reads, sorted by method.
func (b Budgets) String() string {
	items := make([]string, 0, len(b))
	for _, method := range slices.Sorted(maps.Keys(b)) {
		name := method
		if name == "" {
			name = everyOther
		}
		items = append(items, b[method].text(name))
	}
	return strings.Join(items, ",")
}

func (b Budget) text(method string) string {
	if b.PeerFlood {
		method += "!"
	}
	if b.Burst == 0 {
		return method + "=" + noLimit
	}
	text := fmt.Sprintf("%s=%d/%s", method, b.Burst, strconv.FormatFloat(b.Rate, 'g', -1, 64))
	if b.AtOnce > 0 {
		text += fmt.Sprintf("/%d", b.AtOnce)
	}
	return text
}
