package gatekeeper_test

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/tg"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"rollcall/internal/membership"
	"rollcall/internal/supergroup"
	"rollcall/internal/tgsim/mtproto"
	"rollcall/internal/tgsim/rpc"
	"rollcall/internal/tgsim/world"
	"rollcall/internal/tlmap"
	"rollcall/internal/walk"
)

// history is a simulated Telegram in which some people come and go, and all that it tells Rollcall of that, in the order in which it could be
// heard at the earliest: each of the bot's updates, each entry of the admin log, and the walks and lookups that were made on the way.
type history struct {
	t     *rapid.T
	world *world.World
	rules world.JoinRules
	at    time.Time
	cast  []world.UserID // two who are members at first, two who never were there
	by    world.UserID   // who does what is done to people
	doers []world.UserID // the owner, the bot, and an administrator who may do everything but is not of the cast
	group *supergroup.Group
	place world.ChannelID // where it happens
	title string          // of a group that was a basic group; empty for one that never was
	id    membership.GroupID
	early early
	owner *tg.Client
	bot   *tg.Client

	told  []telling
	truth []truth // after each act
	acts  []string
	qts   tg.UpdatesState
	log   int64
	walks uint32
	gone  map[world.UserID]membership.Departure // how those who are outside went, where one act says so
}

// telling is one thing that Telegram tells: events, or a walk.
type telling struct {
	at      time.Time
	from    membership.Source
	events  []membership.Event
	begin   membership.Checkpoint
	pages   []membership.Page
	total   int
	isWalk  bool
	isAfter int // how many acts had been done
}

// truth is who is what at a moment, by the simulator.
type truth struct {
	at    time.Time
	facts map[membership.UserID]world.Fact
	gone  map[world.UserID]membership.Departure
}

var historyBegins = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// pauses between two acts: the same second, the next, what a lookup's or a list's margin leaves open, and what ends timed bans.
var pauses = []time.Duration{
	0, time.Second, 2 * time.Second, 5 * time.Second, 59 * time.Second, time.Minute, 61 * time.Second, 10 * time.Minute, 3 * time.Hour,
}

// early is what a basic group showed before it became the supergroup where the history happens; zero where it was none.
type early struct {
	group membership.Group
	list  telling
}

// newHistory begins in a supergroup that never was anything else, or in one that was a basic group just now.
func newHistory(t *rapid.T, rules world.JoinRules, migrated bool) *history {
	h := &history{t: t, rules: rules, at: historyBegins, gone: map[world.UserID]membership.Departure{}}
	now := func() time.Time { return h.at }
	o := world.Options{Seed: 9, Members: 12, Now: now, Joins: rules}
	if migrated {
		h.title = "Alpines"
		o.Groups = []world.GroupOptions{{Title: h.title, Basic: true, Bot: true, Members: 8}}
	}
	h.world = world.New(o)
	server := rpc.New(rpc.Config{World: h.world, APIID: 1, APIHash: "h", DC: 2, Address: "127.0.0.1:1", Now: now, Budgets: rpc.Unlimited()})
	h.owner, h.bot = client(server, 1, h.world.Owner()), client(server, 2, h.world.Bot())
	if migrated {
		h.migrate()
	}
	place, err := h.world.Channel(h.title)
	require.NoError(t, err)
	h.place = place
	h.reads(strconv.FormatInt(membership.Group{ID: membership.GroupID(place)}.Marked(), 10))
	h.id = membership.GroupID(place)
	state, err := h.bot.UpdatesGetState(context.Background())
	require.NoError(t, err)
	h.qts = *state
	h.castPeople()
	h.readLog() // what went before is not part of it
	h.told = nil
	return h
}

// reads has the lists and the log be those of a group, and returns it.
func (h *history) reads(ref string) membership.Group {
	g, err := supergroup.Find(context.Background(), h.owner, ref)
	require.NoError(h.t, err)
	h.group = supergroup.New(h.owner, supergroup.Config{
		Group: g, Me: membership.UserID(h.world.Owner()), Hashes: hashes{}, Now: func() time.Time { return h.at },
	})
	return g
}

// migrate reads the basic group's list, and makes it a supergroup soon after.
func (h *history) migrate() {
	all, err := supergroup.List(context.Background(), h.owner)
	require.NoError(h.t, err)
	for _, g := range all {
		if g.Title == h.title {
			h.early.group = g
		}
	}
	h.reads(strconv.FormatInt(h.early.group.Marked(), 10))
	require.NoError(h.t, h.walk())
	h.early.list = h.told[0]
	h.at = h.at.Add(time.Minute)
	_, err = h.world.Migrate(world.ChatID(h.early.group.ID))
	require.NoError(h.t, err)
	h.at = h.at.Add(time.Minute)
}

func (h *history) castPeople() {
	facts, err := h.world.Truth(h.title)
	require.NoError(h.t, err)
	for _, f := range facts {
		switch plain := f.In && !f.Bot && !f.Deleted && f.Status == "member"; {
		case plain && len(h.cast) < 2:
			h.cast = append(h.cast, f.ID)
		case plain && h.doers == nil:
			all := world.ModeratorRights()
			all.AddAdmins = true
			_, err := h.world.EditAdmin(h.world.Owner(), f.ID, h.place, all, "")
			require.NoError(h.t, err)
			h.doers = []world.UserID{h.world.Owner(), h.world.Bot(), f.ID}
		}
	}
	for len(h.cast) < 4 {
		u, _ := h.world.Stranger()
		h.cast = append(h.cast, u)
	}
}

// hashes keeps what lists brought.
type hashes map[int64]int64

func (h hashes) SetUserHashes(of map[int64]int64) {
	for id, hash := range of {
		h[id] = hash
	}
}

func (h hashes) UserHash(id int64) (int64, bool) {
	hash, ok := h[id]
	return hash, ok
}

// client asks the server in place, by TL's encoding.
func client(s *rpc.Server, key byte, account world.UserID) *tg.Client {
	k := mtproto.KeyID{key}
	s.SignIn(k, account)
	return tg.NewClient(invoker{s, k})
}

type invoker struct {
	rpc *rpc.Server
	key mtproto.KeyID
}

func (i invoker) Invoke(ctx context.Context, in bin.Encoder, out bin.Decoder) error {
	var body, wire bin.Buffer
	if err := in.Encode(&body); err != nil {
		return err
	}
	id, err := body.PeekID()
	if err != nil {
		return err
	}
	answer, err := i.rpc.Handle(ctx, &mtproto.Request{Key: i.key, Method: id, Body: &body, DC: 2})
	if err != nil {
		return err
	}
	if err := answer.Encode(&wire); err != nil {
		return err
	}
	return out.Decode(&wire)
}

// drawHistory has up to so many acts happen. Its draws are small numbers, so that what is left of a failure is its shortest course.
func drawHistory(t *rapid.T, rules world.JoinRules, most int) *history {
	h := newHistory(t, rules, rapid.Bool().Draw(t, "migrated"))
	h.observe()
	course := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) [4]int {
		return [4]int{
			rapid.IntRange(0, len(pauses)-1).Draw(t, "pause"), rapid.IntRange(0, len(actsOfPeople)-1).Draw(t, "act"),
			rapid.IntRange(0, 3).Draw(t, "who"), rapid.IntRange(0, len(h.doers)-1).Draw(t, "by"),
		}
	}), 1, most).Draw(t, "course")
	for _, step := range course {
		a, u := actsOfPeople[step[1]], h.cast[step[2]]
		h.at, h.by = h.at.Add(pauses[step[0]]), h.doers[step[3]]
		if err := a.do(h, u); err != nil {
			continue // an act that Telegram refuses
		}
		h.acts = append(h.acts, fmt.Sprintf("%s %s %d (by %d, where by anybody)", h.at.Format(time.TimeOnly), a.name, u, h.by))
		h.observe()
	}
	h.observe()
	return h
}

// observe reads what Telegram has to tell by now, and how things truly are.
func (h *history) observe() {
	h.hear()
	h.readLog()
	facts, err := h.world.Truth(h.title)
	require.NoError(h.t, err)
	now := truth{at: h.at, facts: map[membership.UserID]world.Fact{}, gone: maps.Clone(h.gone)}
	for _, f := range facts {
		now.facts[membership.UserID(f.ID)] = f
	}
	h.truth = append(h.truth, now)
}

func (h *history) tell(from membership.Source, events ...membership.Event) {
	if len(events) > 0 {
		h.told = append(h.told, telling{at: h.at, from: from, events: events, isAfter: len(h.truth)})
	}
}

// hear takes the bot's updates from its difference.
func (h *history) hear() {
	got, err := h.bot.UpdatesGetDifference(context.Background(), &tg.UpdatesGetDifferenceRequest{Pts: h.qts.Pts, Qts: h.qts.Qts, Date: h.qts.Date})
	require.NoError(h.t, err)
	d, ok := got.(*tg.UpdatesDifference)
	if !ok {
		return
	}
	for _, u := range d.OtherUpdates {
		if p, ok := u.(*tg.UpdateChannelParticipant); ok {
			e, ok := tlmap.BotMemberUpdate(p, membership.Supergroup, membership.UserID(h.world.Bot()), membership.At(h.at))
			require.True(h.t, ok)
			h.tell(membership.SourceBotUpdate, e)
		}
	}
	h.qts = d.State
}

// readLog takes the admin log's new entries, one telling each, oldest first.
func (h *history) readLog() {
	g := membership.Tail{LastID: h.log}
	page, err := h.group.Tail(context.Background(), g, 0)
	require.NoError(h.t, err)
	slices.SortStableFunc(page.Events, func(a, b membership.Event) int { return cmp.Compare(a.Evidence.Ref, b.Evidence.Ref) })
	for len(page.Events) > 0 {
		n := 1
		for n < len(page.Events) && page.Events[n].Evidence.Ref == page.Events[0].Evidence.Ref {
			n++
		}
		h.tell(membership.SourceAdminLog, page.Events[:n]...)
		page.Events = page.Events[n:]
	}
	h.log = max(h.log, page.Newest)
}

func (h *history) lookUp(u world.UserID) error {
	answer, err := h.bot.ChannelsGetParticipant(context.Background(), &tg.ChannelsGetParticipantRequest{
		Channel: &tg.InputChannel{ChannelID: int64(h.id)}, Participant: &tg.InputPeerUser{UserID: int64(u)},
	})
	f, err := tlmap.Lookup(answer, err, tlmap.Question{
		Group: h.id, Kind: membership.Supergroup, User: membership.UserID(u), Recorded: membership.At(h.at),
		Sent: h.at.Add(time.Duration(len(h.told))), // no two are sent at the same time
	})
	if err == nil && f.Firm() {
		h.tell(membership.SourceLookup, f.Event)
	}
	return err
}

// walk reads all lists, at one moment.
func (h *history) walk() error {
	g, err := h.group.Describe(context.Background())
	if err != nil {
		return err
	}
	h.walks++
	w := walk.New(walk.Options{Kind: g.Kind, Level: membership.Normal, Total: g.Total})
	read := telling{at: h.at, from: membership.SourceList, begin: w.Checkpoint(), total: g.Total, isWalk: true, isAfter: len(h.truth)}
	for !w.Checkpoint().Done() {
		p, err := h.group.Page(context.Background(), membership.Walk{ID: h.walks, Checkpoint: w.Checkpoint()}, w.Checkpoint().Next)
		if err != nil {
			return err
		}
		read.pages = append(read.pages, w.Take(p))
	}
	h.told = append(h.told, read)
	return nil
}

func (h *history) String() string { return strings.Join(h.acts, "\n") }
