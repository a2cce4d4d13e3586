package main

import (
	"context"
	"strconv"
	"time"

	"github.com/gotd/td/tg"
	"github.com/stretchr/testify/require"

	"rollcall/internal/membership"
	"rollcall/internal/tgsim/world"
)

// beginSmall has the program watch the basic group, by its id.
func (m *month) beginSmall() {
	for _, g := range m.world.ChatGroups() {
		if g.Title == theMonth {
			m.chat = g.ID
		}
	}
	m.group = membership.GroupID(m.chat)
	m.cfg.Group = "-" + strconv.FormatInt(int64(m.chat), 10)
	full, err := m.world.FullChat(m.world.Owner(), m.chat)
	require.NoError(m.t, err)
	list, ok := full.FullChat.(*tg.ChatFull).Participants.AsNotForbidden()
	require.True(m.t, ok)
	for _, p := range list.Participants {
		if u := world.UserID(p.GetUserID()); u != m.world.Owner() && u != m.world.Bot() {
			m.members = append(m.members, u)
			m.stays[u] = []stay{{from: m.began.Add(-time.Hour)}}
		}
	}
}

// actSmall is act in a basic group, which has room for 200 and bans nobody.
func (m *month) actSmall() {
	u := m.members[m.rng.IntN(len(m.members))]
	var err error
	switch {
	case !m.isIn(u):
		if err = m.moved(u, m.world.JoinChat(u, m.chat)); err != nil {
			err = m.moved(u, m.world.Let(m.world.Owner(), m.chat, u)) // who was put out comes back only so
		}
	case m.rng.IntN(2) == 0:
		err = m.moved(u, m.leaveChat(u))
	default:
		err = m.moved(u, m.world.PutOut(m.world.Owner(), m.chat, u))
	}
	require.NoError(m.t, err)
	m.tally["moves in the basic group"]++
}

func (m *month) leaveChat(u world.UserID) error {
	_, err := m.world.DeleteChatUser(u, m.chat, u)
	return err
}

// small is the time as a basic group. It becomes a supergroup while the bot does not hear, or hears twice, and the run crashes over it.
func (m *month) small() (hours int) {
	for hours = range 12 {
		m.hour()
	}
	m.judge()
	before, was := m.known(), m.group
	to, err := m.world.Migrate(m.chat)
	require.NoError(m.t, err)
	m.chat = 0
	m.tally["migrations"]++
	m.wait(time.Duration(m.rng.IntN(3000)) * time.Millisecond)
	m.group = membership.GroupID(to)
	m.crash()
	require.NoError(m.t, m.world.SetUsername(m.world.Owner(), to, "the_month")) // as people do who want more to come
	m.people(time.Hour)
	m.judge()
	present, err := m.run.roster.Present(context.Background(), was)
	require.NoError(m.t, err)
	require.Equal(m.t, m.group, present, "the id in the configuration leads to it")
	for u := range before {
		_, known, err := m.run.roster.Person(context.Background(), m.group, u)
		require.NoError(m.t, err)
		require.True(m.t, known, "%d was known before", u)
	}
	return hours + 2
}

// known is everybody of whom the roster knows something.
func (m *month) known() map[membership.UserID]bool {
	known := map[membership.UserID]bool{}
	require.NoError(m.t, m.run.roster.People(context.Background(), m.group, func(p membership.Person) error {
		known[p.Profile.User] = true
		return nil
	}))
	return known
}

// grow has the crowd come by the link.
func (m *month) grow() (hours int) {
	pause := 8 * time.Hour / time.Duration(len(m.crowd))
	for i, u := range m.crowd {
		require.NoError(m.t, m.moved(u, m.world.JoinByLink(u, world.ChannelID(m.group))))
		m.wait(pause)
		if i == len(m.crowd)/2 {
			m.crash()
		}
	}
	m.members = append(m.members, m.crowd[:1300]...)
	m.tally["came"] = len(m.crowd)
	m.wait(time.Hour)
	m.judge()
	return 9
}

// drift has this machine's clock be a little wrong, as clocks that nobody puts right are: as far as Telegram bears it.
func (m *month) drift() {
	m.tally["drifts"]++
	m.clock.set(time.Duration(m.rng.IntN(50)-25) * time.Second)
}

// clockJumps has it be hours wrong for a while, in which Telegram and the program understand nothing of each other.
func (m *month) clockJumps() (hours int) {
	m.tally["jumps of the clock"]++
	off := time.Duration(1+m.rng.IntN(7)) * time.Hour
	if m.tally["jumps of the clock"]%2 == 0 {
		off = -off
	}
	m.clock.set(off)
	hours = m.rng.IntN(3)
	m.people(time.Duration(hours)*time.Hour + 20*time.Minute)
	rung, err := m.run.roster.Rung(context.Background(), m.group)
	require.NoError(m.t, err)
	m.tally["the clock is wrong: "+rung.Mode.String()]++
	require.NotEqual(m.t, membership.Fresh, rung.Mode, "off by %s: %+v", off, rung)
	if m.tally["jumps of the clock"]%3 == 1 {
		m.run.crash()
		m.cannotStart()
		m.clock.set(0)
		m.begin()
	}
	m.clock.set(0)
	m.people(time.Hour)
	rung, err = m.run.roster.Rung(context.Background(), m.group)
	require.NoError(m.t, err)
	require.Equal(m.t, membership.Fresh, rung.Mode, "it was off by %s: %+v", off, rung)
	return hours
}

// cannotStart: a run that begins by a wrong clock ends, once neither account can be reached, and says where to look.
func (m *month) cannotStart() {
	m.tally["starts by a wrong clock"]++
	run := m.start()
	err := <-run.ended
	require.Equal(m.t, exitUnreachable, judge(err).code, "%v", err)
	require.Contains(m.t, judge(err).hint, "this machine's clock")
	require.NoError(m.t, run.roster.Close())
}
