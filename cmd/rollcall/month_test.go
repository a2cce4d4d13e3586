package main

import (
	"context"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gotd/td/tg"
	"github.com/stretchr/testify/require"

	"rollcall/internal/tgsim/fault"
	"rollcall/internal/tgsim/rpc"
	"rollcall/internal/tgsim/world"
	"rollcall/session"
)

// TestScaleMonth has the program run for a week, or as many days as MONTH_DAYS says ("make month": a month), among people who come and go: first
// the 190 of a basic group, then, once that has become a supergroup amid a crash, 5,000. There is a fault every hour, and there are crashes, two
// outages of more than 48 hours, ended sessions, a bot that is demoted, and a clock that drifts and jumps. What the program says of anybody is held
// against the simulator's truth every day.
func TestScaleMonth(t *testing.T) {
	days, seed := numberOf(t, "MONTH_DAYS", 7), numberOf(t, "MONTH_SEED", 20)
	pipedKey() // made outside of the bubble

	synctest.Test(t, func(t *testing.T) { newMonth(t, uint64(seed)).pass(days) })
}

// numberOf is what the environment says, or else the other number.
func numberOf(t *testing.T, name string, otherwise int) int {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	require.NoError(t, err, name)
	require.Positive(t, n, name)
	return n
}

// month is a run that is crashed and begun again, and the group it watches.
type month struct {
	*piped
	t     *testing.T
	rng   *rand.Rand
	began time.Time
	run   *running // nil while it is away

	members     []world.UserID // who may act; the rest keep still
	crowd       []world.UserID // who come once the group is a supergroup
	chat        world.ChatID   // the basic group; 0 once it is none
	subscribers []world.UserID
	stays       map[world.UserID][]stay
	outages     []outage // that were
	tally       map[string]int
}

// stay is a time that somebody was in the group; to is zero while it lasts.
type stay struct{ from, to time.Time }

const theMonth = "The Month"

func newMonth(t *testing.T, seed uint64) *month {
	p := servePiped(t, inMemory(t), world.Options{
		Seed: seed, Members: 5000, NoPassword: true, Messages: world.MessageRules{Retention: 150},
		Groups: []world.GroupOptions{{Title: theMonth, Basic: true, Bot: true, Members: 180}},
	}, rpc.Unlimited(), func(c *Config) {
		c.Telegram.Pace.Daily = 5000
		c.Run.TailEvery = 5 * time.Minute
		c.Prune.Breaker.Min = 1000
	})
	m := &month{piped: p, t: t, rng: rand.New(rand.NewPCG(seed, 1)), began: time.Now(), stays: map[world.UserID][]stay{}, tally: map[string]int{}}
	m.beginSmall()
	facts, err := p.world.Truth("")
	require.NoError(t, err)
	for _, f := range facts {
		if f.In && !f.Bot && !f.Deleted && !f.Anonymous && f.Status == "member" && len(m.stays[f.ID]) == 0 {
			m.crowd = append(m.crowd, f.ID)
		}
	}
	for range 200 {
		u, _ := p.world.Stranger()
		m.members = append(m.members, u)
	}
	return m
}

// pass has the days pass hour by hour; each has its people and its trouble.
func (m *month) pass(days int) {
	require.NoError(m.t, m.world.Start(m.world.Owner(), m.world.Bot(), "")) // or the bot may not write to them
	m.begin()
	m.wait(2 * time.Hour) // the first walk
	require.NoError(m.t, m.run.roster.Enforce(context.Background(), m.run.group(), true))
	m.subscribe(m.members[:20])
	hour := 1 + m.small() + m.grow()
	m.subscribe(m.crowd[:40])
	outages, crashes := m.schedule(days)
	for judged, turns := 1, 0; hour < days*24; hour++ {
		if len(outages) > 0 && hour >= outages[0].at {
			hour += m.outage(outages[0])
			outages = outages[1:]
			continue
		}
		if len(crashes) > 0 && hour >= crashes[0] {
			crashes = crashes[1:]
			m.people(time.Duration(m.rng.Int64N(int64(time.Hour))))
			m.crash()
		}
		if turns++; turns%14 == 0 {
			hour += m.clockJumps()
			continue
		}
		m.hour()
		if hour/24 > judged {
			judged = hour / 24
			m.judge()
		}
	}
	m.calm()
	m.judge()
	m.settled()
	m.gaps()
	m.notes()
	m.run.stop()
	m.obeyed()
	m.t.Logf("%d days: %v", days, m.tally)
}

// subscribe has people start the bot.
func (m *month) subscribe(people []world.UserID) {
	for _, u := range people {
		require.NoError(m.t, m.world.Start(u, m.world.Bot(), ""))
		m.subscribers = append(m.subscribers, u)
	}
}

func (m *month) crash() {
	m.run.crash()
	m.tally["crashes"]++
	m.begin()
}

// outage is a time in which nothing runs. Busy is one in which more happens than Telegram keeps for the bot.
type outage struct {
	at, hours int
	busy      bool
	from, to  time.Time
}

// schedule says at which hours the program is away, and is crashed: twenty times a month.
func (m *month) schedule(days int) (outages []outage, crashes []int) {
	outages = []outage{{at: days * 24 * 3 / 10, hours: 60, busy: true}, {at: days * 24 * 3 / 4, hours: 52}}
	for range max(4, 20*days/30) {
		crashes = append(crashes, 1+m.rng.IntN(days*24*9/10))
	}
	slices.Sort(crashes)
	return outages, crashes
}

func (m *month) begin() {
	m.run = m.start()
	m.wait(time.Minute)
}

func (m *month) wait(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

// people come and go for so long: some 5 an hour.
func (m *month) people(d time.Duration) {
	for until := time.Now().Add(d); ; {
		m.wait(time.Duration(1+m.rng.IntN(1440)) * time.Second)
		if !time.Now().Before(until) {
			return
		}
		m.act()
	}
}

// act has one person do what people in their place do.
func (m *month) act() {
	if m.chat != 0 {
		m.actSmall()
		return
	}
	u, id, owner := m.members[m.rng.IntN(len(m.members))], world.ChannelID(m.group), m.world.Owner()
	in := m.isIn(u)
	banned, _, err := m.world.Barred(u, id)
	require.NoError(m.t, err)
	switch chance := m.rng.IntN(10); {
	case banned:
		_, err = m.world.EditBanned(owner, u, id, tg.ChatBannedRights{})
	case !in && chance < 5:
		err = m.moved(u, m.world.Join(u, id))
	case !in:
		err = m.moved(u, m.world.JoinByLink(u, id))
	case chance < 6:
		err = m.moved(u, m.world.Leave(u, id))
	case chance < 8:
		err = m.moved(u, m.world.Kick(owner, u, id))
	default:
		_, err = m.world.EditBanned(owner, u, id, world.Banned())
		err = m.moved(u, err)
	}
	require.NoError(m.t, err)
	m.tally["moves"]++
}

func (m *month) isIn(u world.UserID) bool {
	s := m.stays[u]
	return len(s) > 0 && s[len(s)-1].to.IsZero()
}

// moved notes that the person came, or went.
func (m *month) moved(u world.UserID, err error) error {
	if err != nil {
		return err
	}
	if m.isIn(u) {
		m.stays[u][len(m.stays[u])-1].to = time.Now()
	} else {
		m.stays[u] = append(m.stays[u], stay{from: time.Now()})
	}
	return nil
}

// troubles that an hour may have, for some minutes of it.
var hourly = []string{
	"", "", "cut after 1 of 20 calls", "silence calls from bot", "flood 3m channels.getAdminLog from owner once",
	"flood 40s updates.getDifference from bot once", "drop 30% of updates to bot", "duplicate 30% of updates to bot",
	"reorder 30% of updates to bot", "fail 500 INTERNAL 20% of calls", "delay 3s updates", "silence calls from owner",
}

func (m *month) hour() {
	switch m.rng.IntN(8) {
	case 0:
		m.methods.Cut(m.world.Owner())
		m.methods.Cut(m.world.Bot())
		m.tally["both cut"]++
	case 1:
		m.demoted()
		return
	case 3:
		m.drift()
	case 2:
		if m.rng.IntN(20) == 0 {
			m.ownerEnded()
			return
		}
	}
	line := hourly[m.rng.IntN(len(hourly))]
	if line == "" {
		m.people(time.Hour)
		return
	}
	rule, err := fault.Parse(line)
	require.NoError(m.t, err)
	m.board.Add(rule)
	m.tally["faults"]++
	m.people(10 * time.Minute)
	m.board.Clear()
	m.people(50 * time.Minute)
}

// demoted has the bot hear nothing for a part of the hour.
func (m *month) demoted() {
	m.tally["demotions"]++
	m.promote(false)
	m.people(20 * time.Minute)
	m.promote(true)
	m.people(40 * time.Minute)
}

// promote makes the bot an administrator, or a member.
func (m *month) promote(admin bool) {
	var err error
	switch rights := world.ModeratorRights(); {
	case m.chat != 0:
		_, err = m.world.EditChatAdmin(m.world.Owner(), m.chat, m.world.Bot(), admin)
	case !admin:
		rights = tg.ChatAdminRights{}
		fallthrough
	default:
		_, err = m.world.EditAdmin(m.world.Owner(), m.world.Bot(), world.ChannelID(m.group), rights, "")
	}
	require.NoError(m.t, err)
}

// ownerEnded has the owner's session ended and made anew hours later.
func (m *month) ownerEnded() {
	m.tally["owner's sessions ended"]++
	m.methods.EndSessions(m.world.Owner())
	m.people(time.Duration(6+m.rng.IntN(24)) * time.Hour)
	m.signIn(session.Owner, m.world.Owner())
	m.people(time.Hour)
}

func (m *month) outage(o outage) (hours int) {
	m.tally["outages"]++
	o.from = time.Now()
	m.run.stop()
	away := time.Duration(o.hours) * time.Hour
	if o.busy {
		m.people(away)
	} else {
		m.wait(away - 3*time.Hour)
		m.people(3 * time.Hour)
	}
	m.begin()
	o.to = time.Now()
	m.outages = append(m.outages, o)
	return o.hours
}

// calm is two days without trouble.
func (m *month) calm() {
	m.board.Clear()
	for range 48 {
		m.people(time.Hour)
	}
	m.wait(13 * time.Hour) // two walks in which nobody moves
}
