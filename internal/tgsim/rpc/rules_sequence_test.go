package rpc_test

import (
	"math"
	"strconv"
	"sync"
	"testing"

	"github.com/gotd/td/tg"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rollcall/internal/tgsim/mtproto"
	"rollcall/internal/tgsim/world"
)

func TestRule23DeletingReachesTheOtherClients(t *testing.T) {
	s := newStage(t, world.Options{Seed: 23, Members: 60})
	u := s.stranger()
	api, key := s.enlisted(u, 7)
	_, second := s.enlisted(u, 8)
	s.act(s.world.Start(u, s.world.Bot(), ""))
	id := s.told(key)[0].(*tg.UpdateNewMessage).Message.GetID()
	s.pushes(second)
	got, err := api.MessagesDeleteMessages(t.Context(), &tg.MessagesDeleteMessagesRequest{ID: []int{id, 77}})
	require.NoError(t, err)
	assert.Empty(t, s.pushes(key))
	assert.Equal(t, []tg.UpdateClass{&tg.UpdateDeleteMessages{Messages: []int{id}, Pts: got.Pts, PtsCount: 1}}, s.told(second))
}

func TestRule23APtsToForgetIsAnsweredByThePresentOne(t *testing.T) {
	s := newStage(t, world.Options{Seed: 23, Members: 60})
	state := s.world.State(s.world.Owner())
	got, err := s.owner.UpdatesGetDifference(t.Context(), &tg.UpdatesGetDifferenceRequest{
		Pts: math.MaxInt32, Qts: state.Qts, Date: state.Date,
	})
	require.NoError(t, err)
	assert.Equal(t, &tg.UpdatesDifferenceTooLong{Pts: state.Pts}, got)
}

func TestRule23OneChannelsChangesAreOneInTheDifference(t *testing.T) {
	s := newStage(t, world.Options{Seed: 23, Members: 60})
	owner, id := s.world.Owner(), s.world.Group().ID
	state := s.world.State(owner)
	for k := range 300 {
		s.act(s.world.SetAbout(owner, id, "about "+strconv.Itoa(k)))
	}
	u := s.stranger()
	s.act(s.world.Request(u, id))
	diff, err := s.owner.UpdatesGetDifference(t.Context(), &tg.UpdatesGetDifferenceRequest{
		Pts: state.Pts, Qts: state.Qts, Date: state.Date,
	})
	require.NoError(t, err)
	got := diff.(*tg.UpdatesDifference)
	require.Len(t, got.OtherUpdates, 2)
	assert.Equal(t, &tg.UpdateChannel{ChannelID: int64(id)}, got.OtherUpdates[0])
	assert.IsType(t, &tg.UpdatePendingJoinRequests{}, got.OtherUpdates[1])
	assert.Equal(t, state.Seq+301, got.State.Seq)
}

// framedStage keeps what is pushed in its own container.
type framedStage struct {
	mu  sync.Mutex
	got []tg.UpdatesClass // guarded by mu
}

// Push implements rpc.Pusher.
func (f *framedStage) Push(key mtproto.KeyID, u tg.UpdatesClass) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if key == ownerKey {
		f.got = append(f.got, u)
	}
	return true
}

// Cut implements rpc.Pusher.
func (*framedStage) Cut(mtproto.KeyID) {}

func TestRule23Combined(t *testing.T) {
	s := newStage(t, world.Options{Seed: 23, Members: 60, Messages: world.MessageRules{Combined: true}})
	var f framedStage
	s.rpc.Bind(&f)
	owner := s.world.Owner()
	seq := s.world.State(owner).Seq
	s.act(s.world.SetAbout(owner, s.world.Group().ID, "new"))
	_, err := s.world.Say(s.some(ordinary), s.world.Group().ID, "hello")
	require.NoError(t, err)
	require.Len(t, f.got, 2)
	both := f.got[0].(*tg.UpdatesCombined)
	assert.Equal(t, [2]int{seq + 1, seq + 1}, [2]int{both.SeqStart, both.Seq})
	assert.Equal(t, &tg.UpdateChannel{ChannelID: int64(s.world.Group().ID)}, both.Updates[0])
	assert.Len(t, both.Chats, 1)
	assert.IsType(t, &tg.Updates{}, f.got[1], "what seq does not number is in no such container")
}
