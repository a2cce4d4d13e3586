package rpc_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/gotd/td/tg"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rollcall/internal/tgsim/world"
)

// named returns the event's action without its prefix.
func named(ev tg.ChannelAdminLogEvent) string {
	return strings.TrimPrefix(reflect.TypeOf(ev.Action).Elem().Name(), "ChannelAdminLogEventAction")
}

// everything reads the whole log, page by page, without what was in it before.
func (s *stage) everything(since int64, f *tg.ChannelAdminLogEventsFilter) []tg.ChannelAdminLogEvent {
	s.t.Helper()
	var out []tg.ChannelAdminLogEvent
	q := tg.ChannelsGetAdminLogRequest{MinID: since, Limit: 20}
	if f != nil {
		q.SetEventsFilter(*f)
	}
	for {
		page := s.log(q)
		if len(page.Events) == 0 {
			return out
		}
		faces := make(map[int64]bool)
		for _, u := range page.Users {
			faces[u.GetID()] = true
		}
		for _, ev := range page.Events {
			assert.True(s.t, faces[ev.UserID], "%s: the actor is among the users", named(ev))
		}
		out = append(out, page.Events...)
		q.MaxID = out[len(out)-1].ID
	}
}

func kinds(events []tg.ChannelAdminLogEvent) map[string]int {
	out := make(map[string]int)
	for _, ev := range events {
		out[named(ev)]++
	}
	return out
}

// actionsOfLayer are the constructors that the schema has.
func actionsOfLayer() []string {
	var out []string
	for _, full := range tg.TypesMap() {
		name, _, _ := strings.Cut(full, "#")
		if rest, ok := strings.CutPrefix(name, "channelAdminLogEventAction"); ok {
			out = append(out, rest)
		}
	}
	return out
}

func TestRule17AllActionsOfTheLayer(t *testing.T) {
	s := newStage(t, world.Options{Seed: 17, Members: 100})
	assert.Len(t, world.LogKinds(), 52)
	assert.ElementsMatch(t, actionsOfLayer(), world.LogKinds())
	before, since := s.world.Group(), s.newest()
	s.act(s.world.Log(before.ID))
	seen := kinds(s.everything(since, nil))
	for _, name := range world.LogKinds() {
		assert.NotZero(t, seen[name], name)
	}
	assert.Len(t, seen, 52)
	assert.Equal(t, before, s.world.Group(), "the group is called what it was")
	require.ErrorContains(t, s.world.Log(before.ID, "Juggle"), `no action "Juggle"`)
}

// flags are the filter's 20, one at a time, and which actions each wants.
var flags = map[string]struct {
	filter tg.ChannelAdminLogEventsFilter
	want   string
}{
	"join":        {tg.ChannelAdminLogEventsFilter{Join: true}, "ParticipantJoin ParticipantJoinByInvite ParticipantJoinByRequest"},
	"leave":       {tg.ChannelAdminLogEventsFilter{Leave: true}, "ParticipantLeave"},
	"invite":      {tg.ChannelAdminLogEventsFilter{Invite: true}, "ParticipantInvite"},
	"ban":         {tg.ChannelAdminLogEventsFilter{Ban: true}, ""},
	"unban":       {tg.ChannelAdminLogEventsFilter{Unban: true}, ""},
	"kick":        {tg.ChannelAdminLogEventsFilter{Kick: true}, "ParticipantToggleBan"},
	"unkick":      {tg.ChannelAdminLogEventsFilter{Unkick: true}, "ParticipantToggleBan"},
	"promote":     {tg.ChannelAdminLogEventsFilter{Promote: true}, "ParticipantToggleAdmin"},
	"demote":      {tg.ChannelAdminLogEventsFilter{Demote: true}, "ParticipantToggleAdmin"},
	"pinned":      {tg.ChannelAdminLogEventsFilter{Pinned: true}, "UpdatePinned"},
	"delete":      {tg.ChannelAdminLogEventsFilter{Delete: true}, "DeleteMessage"},
	"send":        {tg.ChannelAdminLogEventsFilter{Send: true}, "SendMessage"},
	"sub_extend":  {tg.ChannelAdminLogEventsFilter{SubExtend: true}, "ParticipantSubExtend"},
	"edit_rank":   {tg.ChannelAdminLogEventsFilter{EditRank: true}, "ParticipantEditRank"},
	"edit":        {tg.ChannelAdminLogEventsFilter{Edit: true}, "EditMessage StopPoll?"},
	"group_call":  {tg.ChannelAdminLogEventsFilter{GroupCall: true}, "StartGroupCall DiscardGroupCall ParticipantMute ParticipantUnmute ParticipantVolume ToggleGroupCallSetting"},
	"invites":     {tg.ChannelAdminLogEventsFilter{Invites: true}, "ExportedInviteDelete ExportedInviteRevoke ExportedInviteEdit"},
	"forums":      {tg.ChannelAdminLogEventsFilter{Forums: true}, "CreateTopic EditTopic DeleteTopic PinTopic"},
	"info":        {tg.ChannelAdminLogEventsFilter{Info: true}, "ChangeTitle ChangeAbout ChangeUsername ChangeUsernames ChangePhoto ChangeStickerSet ChangeLinkedChat ChangeLocation ToggleSlowMode ChangeHistoryTTL ChangeEmojiStickerSet? ChangePeerColor? ChangeProfilePeerColor? ChangeWallpaper? ChangeEmojiStatus?"},
	"settings":    {tg.ChannelAdminLogEventsFilter{Settings: true}, "ToggleInvites ToggleSignatures TogglePreHistoryHidden DefaultBannedRights ToggleForum ToggleSignatureProfiles? ToggleNoForwards? ToggleAntiSpam? ToggleAutotranslation? ChangeAvailableReactions?"},
	"a union":     {tg.ChannelAdminLogEventsFilter{Leave: true, Pinned: true}, "ParticipantLeave UpdatePinned"},
	"none of all": {tg.ChannelAdminLogEventsFilter{}, ""},
}

func TestRule17EveryFlag(t *testing.T) {
	for _, unfiled := range []bool{false, true} {
		s := newStage(t, world.Options{Seed: 17, Members: 100, Joins: world.JoinRules{Unfiled: unfiled}})
		since := s.newest()
		s.act(s.world.Log(s.world.Group().ID))
		for name, c := range flags {
			var want []string
			for kind := range strings.FieldsSeq(c.want) {
				kind, unsure := strings.CutSuffix(kind, "?")
				if !unsure || !unfiled {
					want = append(want, kind)
				}
			}
			var got []string
			for kind := range kinds(s.everything(since, &c.filter)) {
				got = append(got, kind)
			}
			assert.ElementsMatch(t, want, got, "%s, unfiled %v", name, unfiled)
		}
	}
}

func TestRule17QueryFindsNamesAndTexts(t *testing.T) {
	s := newStage(t, world.Options{Seed: 17, Members: 100})
	since := s.newest()
	id, owner := s.world.Group().ID, s.world.Owner()
	u, username := s.world.Stranger()
	s.act(s.world.Join(u, id))
	s.act(s.world.SetTitle(owner, id, "Zephyr Readers"))
	for q, want := range map[string][]string{
		"zephyr": {"ChangeTitle"}, "@" + username: {"ParticipantJoin"}, "okafor": {"ChangeTitle"}, "nobody_at_all": nil,
	} {
		page := s.log(tg.ChannelsGetAdminLogRequest{MinID: since, Q: q})
		var got []string
		for _, ev := range page.Events {
			got = append(got, named(ev))
		}
		assert.Equal(t, want, got, q)
	}
}

func TestRule17JoinsOfBigGroupsHaveNoName(t *testing.T) {
	s := newStage(t, world.Options{Seed: 17, Members: 100, Joins: world.JoinRules{Nameless: 50}})
	since := s.newest()
	id := s.world.Group().ID
	u, _ := s.world.Stranger()
	s.act(s.world.Join(u, id))
	s.act(s.world.Leave(u, id))
	page := s.log(tg.ChannelsGetAdminLogRequest{MinID: since})
	require.Len(t, page.Events, 2)
	assert.Equal(t, int64(u), page.Events[0].UserID, "who leaves is named")
	assert.Zero(t, page.Events[1].UserID)
	assert.IsType(t, &tg.ChannelAdminLogEventActionParticipantJoin{}, page.Events[1].Action)
}
