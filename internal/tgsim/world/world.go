package world

import (
	"math/rand/v2"
	"strings"
	"sync"
	"time"

	"github.com/gotd/td/tg"

	"rollcall/internal/tgsim/people"
)

// Options say what world to make. The zero value has the owner and the bot alone in the group.
type Options struct {
	// Seed decides everything that is left to chance.
	Seed uint64
	// Members is the group's participants_count: everybody inside, with owner, bots and deleted
	// accounts. People who left or were banned come on top. At least 2.
	Members int
	// NoPassword leaves out the owner's second factor.
	NoPassword bool
	// Now is the world's clock; nil is time.Now.
	Now func() time.Time
	// Chatter is the mean time between two messages in the group, each of which moves its author to
	// the head of Recent, as on Telegram; 0 is silence.
	Chatter time.Duration
	// SearchCap is how many rows of a non-empty search can be read in a supergroup. Sources
	// disagree between 200 and 10,000; 0 is 10,000.
	SearchCap int
	// Search and Lists are how names are searched and how lists deceive.
	Search SearchRules
	Lists  ListRules
	// Churn has somebody join, leave or write in the group at every so-manieth page of its members that
	// anybody reads; 0 is never.
	Churn int
	// Profile is whom the group draws; the zero value is the international one.
	Profile people.Profile
	// Messages say which messages groups and channels keep, and which of them are never written.
	Messages MessageRules
	// Groups are made beside the watched group, which stays Group(). The owner has made each of them.
	Groups []GroupOptions
	// Joins say what is open about ways to come in and about the admin log.
	Joins JoinRules
	// MinUsers has people come as min in news of channels to accounts that have neither a dialog with them nor their
	// number: the access hash in it names nobody. Telegram does so, but not always, and does not say when.
	MinUsers bool
}

// World is the state. Make it with New.
type World struct {
	seed uint64
	opts Options

	mu          sync.Mutex // guards everything below
	rng         *rand.Rand
	people      *people.Source
	accounts    []account
	native      int // how many accounts the seed has made
	accountByID map[UserID]int32
	logins      map[UserID]login
	names       map[string]peer // lower-case username → who has it
	channels    map[ChannelID]*channel
	chats       map[ChatID]*chat
	dialogs     map[UserID][]dialog
	boxes       map[UserID]*box
	talks       map[pair]*talk
	queries     map[int64]*query
	nextQuery   int64
	guards      map[int64]*guardQuery // that may still be answered
	contacts    map[UserID][]contact  // address books
	folders     []folder              // that are shared
	raid        raid
	unrest      *rand.Rand                // what churn and raids draw from, so that they move nothing else
	deliver     func(UserID, *tg.Updates) // nil: nobody carries updates
	watch       func(Event)               // nil: nobody watches

	owner, bot UserID
	group      *channel
}

// New makes a world and its population.
func New(o Options) *World {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.SearchCap == 0 {
		o.SearchCap = listCap
	}
	o.Members = max(o.Members, 2)
	w := &World{
		seed:        mix(o.Seed),
		opts:        o,
		rng:         rand.New(rand.NewPCG(o.Seed, 0x726f6c6c63616c6c)),
		people:      people.New(o.Seed, o.Profile),
		accountByID: make(map[UserID]int32, o.Members+o.Members/8),
		logins:      make(map[UserID]login),
		names:       make(map[string]peer),
		channels:    make(map[ChannelID]*channel),
		chats:       make(map[ChatID]*chat),
		dialogs:     make(map[UserID][]dialog),
		boxes:       make(map[UserID]*box),
		talks:       make(map[pair]*talk),
		queries:     make(map[int64]*query),
		guards:      make(map[int64]*guardQuery),
		contacts:    make(map[UserID][]contact),
		unrest:      rand.New(rand.NewPCG(o.Seed, 0x756e72657374)),
	}
	w.nextQuery = int64(mix(w.seed)>>2) | 1
	w.populate()
	w.furnish()
	w.native = len(w.accounts)
	return w
}

// Owner returns the account that made the group.
func (w *World) Owner() UserID { return w.owner }

// Bot returns the companion bot.
func (w *World) Bot() UserID { return w.bot }

// Group is the watched supergroup's public face.
type Group struct {
	ID       ChannelID
	Username string
	Title    string
}

// Group returns the group that the owner administers.
func (w *World) Group() Group {
	w.mu.Lock()
	defer w.mu.Unlock()
	return Group{ID: w.group.id, Username: w.group.username, Title: w.group.title}
}

// Subscribe has deliver called with every update that Telegram would push to an account, in order; it
// replaces an earlier one.
// It is called with the world locked: it must not call the world, and must not wait. The updates
// are deliver's own. Updates of queues are there for getDifference whether or not they are taken.
func (w *World) Subscribe(deliver func(account UserID, u *tg.Updates)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.deliver = deliver
}

// now returns the world's time in Telegram's unit, seconds.
func (w *World) now() int32 { return int32(w.opts.Now().Unix()) }

// named returns who has the username, with or without "@", in any case.
func (w *World) named(username string) (peer, bool) {
	p, ok := w.names[strings.ToLower(strings.TrimPrefix(username, "@"))]
	return p, ok
}
