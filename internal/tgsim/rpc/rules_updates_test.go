package rpc_test

import (
	"strconv"
	"testing"
	"time"

	"github.com/gotd/td/tg"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rollcall/internal/tgsim/rpc"
	"rollcall/internal/tgsim/world"
)

func (s *stage) state(api *tg.Client) *tg.UpdatesState {
	s.t.Helper()
	got, err := api.UpdatesGetState(s.t.Context())
	require.NoError(s.t, err)
	return got
}

// since asks for everything after a state, with qts limited as asked.
func (s *stage) since(at tg.UpdatesState, qtsLimit int) tg.UpdatesDifferenceClass {
	s.t.Helper()
	req := &tg.UpdatesGetDifferenceRequest{Pts: at.Pts, Qts: at.Qts, Date: at.Date}
	if qtsLimit > 0 {
		req.SetQtsLimit(qtsLimit)
	}
	got, err := s.bot.UpdatesGetDifference(s.t.Context(), req)
	require.NoError(s.t, err)
	return got
}

func TestRule23Difference(t *testing.T) {
	s := newStage(t, world.Options{Seed: 23, Members: 100})
	start := s.state(s.bot)
	assert.Equal(t, int(epoch.Unix()), start.Date)
	assert.IsType(t, &tg.UpdatesDifferenceEmpty{}, s.since(*start, 0))

	bot, u := s.world.Bot(), s.stranger()
	s.act(s.world.Join(u, s.world.Group().ID))
	s.act(s.world.Start(u, bot, ""))
	mine := s.say(u, "welcome", 1, nil)
	s.act(s.world.Block(u, bot))

	s.clock.advance(time.Second) // what shares its second with the client's date comes again
	now := s.state(s.bot)
	assert.Equal(t, [2]int{start.Pts + 2, start.Qts + 2}, [2]int{now.Pts, now.Qts})
	diff := s.since(*start, 0).(*tg.UpdatesDifference)
	assert.Equal(t, *now, diff.State)
	require.Len(t, diff.NewMessages, 2)
	assert.Equal(t, "/start", diff.NewMessages[0].(*tg.Message).Message)
	assert.Equal(t, mine, diff.NewMessages[1].GetID())
	require.Len(t, diff.OtherUpdates, 3)
	assert.Equal(t, start.Qts+1, diff.OtherUpdates[0].(*tg.UpdateChannelParticipant).Qts)
	assert.Equal(t, start.Qts+2, diff.OtherUpdates[1].(*tg.UpdateBotStopped).Qts)
	assert.Equal(t, int64(s.world.Group().ID), diff.OtherUpdates[2].(*tg.UpdateChannelTooLong).ChannelID, "somebody joined there")
	assert.Len(t, diff.Chats, 1)
	for _, x := range diff.Users {
		assert.NotZero(t, x.(*tg.User).AccessHash)
	}
	assert.IsType(t, &tg.UpdatesDifferenceEmpty{}, s.since(*now, 0))
}

func TestRule23EditsAreInTheDifference(t *testing.T) {
	s := newStage(t, world.Options{Seed: 23, Members: 10})
	u := s.stranger()
	s.act(s.world.Start(u, s.world.Bot(), ""))
	mine := s.say(u, "one", 1, nil)
	at := s.state(s.bot)
	_, err := s.bot.MessagesEditMessage(t.Context(), &tg.MessagesEditMessageRequest{
		Peer: &tg.InputPeerUser{UserID: int64(u)}, ID: mine, Message: "two",
	})
	require.NoError(t, err)
	diff := s.since(*at, 0).(*tg.UpdatesDifference)
	edit := diff.OtherUpdates[0].(*tg.UpdateEditMessage)
	assert.Equal(t, at.Pts+1, edit.Pts)
	assert.Equal(t, "two", edit.Message.(*tg.Message).Message)
}

func TestRule23Slices(t *testing.T) {
	s := newStage(t, world.Options{Seed: 23, Members: 10})
	start := s.state(s.bot)
	for range 2_500 {
		s.act(s.world.Join(s.stranger(), s.world.Group().ID))
	}
	for _, limit := range []int{0, 700} {
		t.Run(strconv.Itoa(limit), func(t *testing.T) {
			at, qts, slices := *start, start.Qts, 0
			for done := false; !done; slices++ {
				var other []tg.UpdateClass
				switch d := s.since(at, limit).(type) {
				case *tg.UpdatesDifferenceSlice:
					at, other = d.IntermediateState, d.OtherUpdates
				case *tg.UpdatesDifference:
					at, other, done = d.State, d.OtherUpdates, true
				}
				for _, up := range other {
					if _, late := up.(*tg.UpdateChannelTooLong); late {
						continue
					}
					qts++
					require.Equal(t, qts, up.(*tg.UpdateChannelParticipant).Qts, "contiguous over slices")
				}
			}
			assert.Equal(t, start.Qts+2_500, qts)
			assert.Greater(t, slices, 2)
		})
	}
}

func TestRule23BadPositions(t *testing.T) {
	s := newStage(t, world.Options{Seed: 23, Members: 10})
	s.act(s.world.Start(s.stranger(), s.world.Bot(), ""))
	for _, c := range []struct {
		req  tg.UpdatesGetDifferenceRequest
		want string
	}{
		{tg.UpdatesGetDifferenceRequest{Pts: 0, Date: 1, Qts: 1}, "PERSISTENT_TIMESTAMP_EMPTY"},
		{tg.UpdatesGetDifferenceRequest{Pts: 1, Date: 0, Qts: 1}, "DATE_EMPTY"},
		{tg.UpdatesGetDifferenceRequest{Pts: 1000, Date: 1, Qts: 1}, "PERSISTENT_TIMESTAMP_INVALID"},
		{tg.UpdatesGetDifferenceRequest{Pts: 1, Date: 1, Qts: 1000}, "PERSISTENT_TIMESTAMP_INVALID"},
		{tg.UpdatesGetDifferenceRequest{Pts: -1, Date: 1, Qts: -1}, "PERSISTENT_TIMESTAMP_INVALID"},
	} {
		_, err := s.bot.UpdatesGetDifference(t.Context(), &c.req)
		isErr(t, err, 400, c.want)
	}
	s.act(s.world.Start(s.stranger(), s.world.Bot(), ""))
	far := &tg.UpdatesGetDifferenceRequest{Pts: 1, Date: 1, Qts: 1}
	far.SetPtsTotalLimit(1)
	got, err := s.bot.UpdatesGetDifference(t.Context(), far)
	require.NoError(t, err)
	assert.Equal(t, &tg.UpdatesDifferenceTooLong{Pts: s.state(s.bot).Pts}, got)
}

func TestRule24ChannelDifference(t *testing.T) {
	s := newStage(t, world.Options{Seed: 24, Members: 50})
	c := s.group(s.owner)
	full, err := s.owner.ChannelsGetFullChannel(t.Context(), c)
	require.NoError(t, err)
	pts := full.FullChat.(*tg.ChannelFull).Pts
	ask := func(pts int) (tg.UpdatesChannelDifferenceClass, error) {
		return s.owner.UpdatesGetChannelDifference(t.Context(), &tg.UpdatesGetChannelDifferenceRequest{
			Channel: c, Filter: &tg.ChannelMessagesFilterEmpty{}, Pts: pts, Limit: 100,
		})
	}
	got, err := ask(pts)
	require.NoError(t, err)
	empty := got.(*tg.UpdatesChannelDifferenceEmpty)
	assert.True(t, empty.Final)
	assert.Equal(t, pts, empty.Pts)
	got, err = ask(1)
	require.NoError(t, err)
	long := got.(*tg.UpdatesChannelDifferenceTooLong)
	assert.Equal(t, pts, long.Dialog.(*tg.Dialog).Pts)
	assert.NotEmpty(t, long.Messages)
	_, err = ask(pts + 1)
	isErr(t, err, 400, "PERSISTENT_TIMESTAMP_INVALID")
	_, err = ask(0)
	isErr(t, err, 400, "PERSISTENT_TIMESTAMP_EMPTY")
}

func TestRule25Budgets(t *testing.T) {
	const method = "channels.getParticipants"
	s := newBudgetedStage(t, world.Options{Seed: 25, Members: 50}, rpc.Budgets{method: {Burst: 10, Rate: 1}})
	c := s.group(s.owner)
	page := func() error {
		_, err := s.owner.ChannelsGetParticipants(t.Context(), &tg.ChannelsGetParticipantsRequest{Channel: c, Filter: recent})
		return err
	}
	for range 10 {
		require.NoError(t, page())
	}
	isErr(t, page(), 420, "FLOOD_WAIT")
	assert.Equal(t, rpc.Calls{Calls: 11, FloodWaits: 1}, s.rpc.Requests()["owner"][method])
	s.clock.advance(2e9)
	isErr(t, page(), 420, "FLOOD_WAIT")
	assert.Equal(t, rpc.Calls{Calls: 12, FloodWaits: 2, Violations: 1}, s.rpc.Requests()["owner"][method])
	s.clock.advance(3e9)
	require.NoError(t, page(), "the announced wait is over")
	_, err := s.bot.ChannelsGetParticipants(t.Context(), &tg.ChannelsGetParticipantsRequest{Channel: s.group(s.bot), Filter: recent})
	require.NoError(t, err, "budgets are per account")
	_, err = s.owner.ChannelsGetFullChannel(t.Context(), c)
	require.NoError(t, err, "and per method")
}
