package fault

import (
	"math/rand/v2"
	"slices"
	"strconv"
	"sync"

	"github.com/gotd/td/tg"

	"rollcall/internal/tgsim/mtproto"
)

// Account is who a client is logged in as; the zero value is nobody.
type Account struct {
	ID   int64
	Role string // Owner, Bot or empty
}

// Methods is what a board needs to know of the methods.
type Methods interface {
	// Whose returns who the key is logged in as.
	Whose(key mtproto.KeyID) Account
	// Impose has the account's next call of the method answered FLOOD_WAIT.
	Impose(account int64, method string, seconds int) error
}

// Standing is a rule on a board.
type Standing struct {
	ID     int    `json:"id"`
	Rule   string `json:"rule"`
	Seen   int    `json:"seen"`   // calls or updates that the rule is about
	Struck int    `json:"struck"` // of them those that went wrong
}

// Board decides by its rules what goes wrong. It implements mtproto.Faults. The zero value is not ready; use NewBoard.
type Board struct {
	seed uint64

	mu      sync.Mutex
	rules   []*posted    // guarded by mu
	last    int          // guarded by mu; the number of the last rule
	methods Methods      // guarded by mu; nil knows nobody
	watch   func(string) // guarded by mu; nil is nobody
}

// posted is a rule with what has become of it.
type posted struct {
	Rule
	Standing
	rng *rand.Rand
}

// NewBoard returns a board without rules.
func NewBoard(seed uint64) *Board { return &Board{seed: seed} }

// Bind gives the board its methods. Without them nobody is owner or bot, and no flood is remembered.
func (b *Board) Bind(m Methods) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.methods = m
}

// Watch has told called with a line for each strike. It must not wait, nor use the board.
func (b *Board) Watch(told func(line string)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.watch = told
}

// Add puts a rule behind the others and returns its number.
func (b *Board) Add(r Rule) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.last++
	b.rules = append(b.rules, &posted{
		Rule: r, Standing: Standing{ID: b.last, Rule: r.String()},
		rng: rand.New(rand.NewPCG(b.seed, uint64(b.last))),
	})
	return b.last
}

// Remove takes the rule away, and says whether it was there.
func (b *Board) Remove(id int) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	before := len(b.rules)
	b.rules = slices.DeleteFunc(b.rules, func(p *posted) bool { return p.ID == id })
	return len(b.rules) < before
}

// Clear takes all rules away.
func (b *Board) Clear() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.rules = nil
}

// Rules returns the rules in their order and what they have done.
func (b *Board) Rules() []Standing {
	b.mu.Lock()
	defer b.mu.Unlock()
	out := make([]Standing, 0, len(b.rules))
	for _, p := range b.rules {
		out = append(out, p.Standing)
	}
	return out
}

// Answer implements mtproto.Faults.
func (b *Board) Answer(key mtproto.KeyID, method uint32) mtproto.Verdict {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.rules) == 0 {
		return mtproto.Verdict{}
	}
	name, who := nameOf()[method], b.whose(key)
	p := b.strike(who, name, func(r Rule) bool { return r.ofCalls() && (r.of == calls || r.of == name) })
	switch {
	case p == nil:
		return mtproto.Verdict{}
	case p.what.word == flood && who.ID != 0 && b.methods.Impose(who.ID, name, int(p.delay.Seconds())) == nil:
		return mtproto.Verdict{} // the methods answer so, and remember the wait
	}
	return p.verdict()
}

// Push implements mtproto.Faults.
func (b *Board) Push(key mtproto.KeyID, u tg.UpdatesClass) mtproto.Verdict {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.rules) == 0 {
		return mtproto.Verdict{}
	}
	p := b.strike(b.whose(key), "update", func(r Rule) bool { return r.fits(u) })
	if p == nil {
		return mtproto.Verdict{}
	}
	v := p.verdict()
	v.Next = p.fits
	return v
}

// whose returns the key's account; the caller holds mu.
func (b *Board) whose(key mtproto.KeyID) Account {
	if b.methods == nil {
		return Account{}
	}
	return b.methods.Whose(key)
}

// strike returns the first rule that strikes; the caller holds mu.
func (b *Board) strike(who Account, what string, about func(Rule) bool) *posted {
	for _, p := range b.rules {
		if !p.means(who) || !about(p.Rule) || p.times > 0 && p.Struck == p.times {
			continue
		}
		p.Seen++
		if !p.hits() {
			continue
		}
		p.Struck++
		if b.watch != nil {
			b.watch(what + " " + p.preposition() + " " + who.name() + ": " + p.Standing.Rule)
		}
		return p
	}
	return nil
}

// hits draws whether the rule strikes now.
func (p *posted) hits() bool {
	switch {
	case p.percent > 0:
		return p.rng.Float64()*100 < p.percent
	case p.every > 0:
		return p.Seen%p.every == 0
	}
	return true
}

func (a Account) name() string {
	switch {
	case a.Role != "":
		return a.Role
	case a.ID == 0:
		return "nobody"
	}
	return strconv.FormatInt(a.ID, 10)
}

// means says whether the rule is about the account.
func (r Rule) means(a Account) bool {
	return r.who == "" || r.who == a.Role || r.who == strconv.FormatInt(a.ID, 10)
}

// fits says whether the rule is about what is in the container.
func (r Rule) fits(u tg.UpdatesClass) bool {
	return !r.ofCalls() && (r.of == updates || slices.ContainsFunc(contents(u), r.about))
}

// about says whether the rule, of a type of update, is about this one.
func (r Rule) about(u tg.UpdateClass) bool {
	if nameOf()[u.TypeID()] != r.of {
		return false
	}
	up, ok := u.(*tg.UpdateChannelParticipant)
	if r.state == "" || !ok {
		return r.state == ""
	}
	was, is := present(up.PrevParticipant), present(up.NewParticipant)
	if r.state == joined {
		return is && !was
	}
	return was && !is
}

// present says whether the participant is inside.
func present(p tg.ChannelParticipantClass) bool {
	switch p := p.(type) {
	case nil, *tg.ChannelParticipantLeft:
		return false
	case *tg.ChannelParticipantBanned:
		return !p.Left
	}
	return true
}

// contents returns what is in a container.
func contents(u tg.UpdatesClass) []tg.UpdateClass {
	switch u := u.(type) {
	case *tg.Updates:
		return u.Updates
	case *tg.UpdatesCombined:
		return u.Updates
	case *tg.UpdateShort:
		return []tg.UpdateClass{u.Update}
	}
	return nil
}

var _ mtproto.Faults = (*Board)(nil)
