package rpc_test

import (
	"slices"
	"testing"

	"github.com/gotd/td/tg"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rollcall/internal/tgsim/world"
)

var recent = &tg.ChannelParticipantsRecent{}

func TestRule01PageSize(t *testing.T) {
	s := newStage(t, world.Options{Seed: 1, Members: 500})
	c := s.group(s.owner)
	assert.Len(t, s.list(s.owner, c, recent, 0, 1_000_000).Participants, 200)
	assert.Len(t, s.list(s.owner, c, recent, 0, 0).Participants, 20)
	assert.Len(t, s.list(s.owner, c, recent, 0, 7).Participants, 7)
}

func TestRule02Caps(t *testing.T) {
	s := newStage(t, world.Options{Seed: 1, Members: 10_600})
	c := s.group(s.owner)
	for _, f := range []tg.ChannelParticipantsFilterClass{recent, &tg.ChannelParticipantsSearch{}} {
		assert.Len(t, s.list(s.owner, c, f, 9_900, 200).Participants, 100)
		past := s.list(s.owner, c, f, 10_000, 200)
		assert.Empty(t, past.Participants)
		assert.Equal(t, 10_000, past.Count, "later counts are cut to the cap")
		assert.Greater(t, s.list(s.owner, c, f, 0, 1).Count, 10_000)
	}
	id := s.world.Group().ID
	strangers := 0
	for ; strangers < 1_010; strangers++ {
		u, _ := s.world.Stranger()
		_, err := s.world.EditBanned(s.world.Owner(), u, id, world.Banned())
		require.NoError(t, err)
	}
	assert.Len(t, s.walk(s.owner, c, &tg.ChannelParticipantsKicked{}), 1_000)
}

func TestRule03CountIsNotTheMemberCount(t *testing.T) {
	s := newStage(t, world.Options{Seed: 3, Members: 400})
	c := s.group(s.owner)
	full, err := s.owner.ChannelsGetFullChannel(t.Context(), c)
	require.NoError(t, err)
	total := full.FullChat.(*tg.ChannelFull).ParticipantsCount
	assert.Equal(t, 400, total)
	listed := s.list(s.owner, c, recent, 0, 1).Count
	unlisted := 0
	for _, f := range s.truth() {
		if f.In && (f.Deleted || f.Anonymous) {
			unlisted++
		}
	}
	assert.Positive(t, unlisted)
	assert.Equal(t, total-unlisted, listed)
	assert.Len(t, s.walk(s.owner, c, recent), listed)
}

func TestRule04OrderShiftsBetweenPages(t *testing.T) {
	s := newStage(t, world.Options{Seed: 4, Members: 300})
	c := s.group(s.owner)
	first := s.list(s.owner, c, recent, 0, 100)
	second := s.list(s.owner, c, recent, 100, 100)
	late := slices.IndexFunc(second.Participants, func(p tg.ChannelParticipantClass) bool {
		return ordinary(s.truth()[idOf(p)])
	})
	speaker := idOf(second.Participants[late])
	s.act(s.world.Speak(world.UserID(speaker), s.world.Group().ID))

	assert.Equal(t, speaker, idOf(s.list(s.owner, c, recent, 0, 1).Participants[0]), "the last to speak comes first")
	shifted := s.list(s.owner, c, recent, 100, 100)
	assert.Equal(t, idOf(first.Participants[99]), idOf(shifted.Participants[0]), "a row is seen twice")
	for _, p := range shifted.Participants {
		assert.NotEqual(t, speaker, idOf(p), "and one is missed")
	}
}

func TestRule04ChatterMovesTheOrder(t *testing.T) {
	s := newStage(t, world.Options{Seed: 4, Members: 300, Chatter: 1e9})
	c := s.group(s.owner)
	before := s.list(s.owner, c, recent, 0, 200)
	same := s.list(s.owner, c, recent, 0, 200)
	assert.Equal(t, before.Participants, same.Participants, "nothing moves while the clock stands")
	s.clock.advance(30e9)
	after := s.list(s.owner, c, recent, 0, 200)
	assert.NotEqual(t, before.Participants, after.Participants)
	assert.Equal(t, before.Count, after.Count)
}

func TestRule05DeletedAccounts(t *testing.T) {
	s := newStage(t, world.Options{Seed: 5, Members: 300})
	c := s.group(s.owner)
	admin := s.some(func(f world.Fact) bool { return f.Status == "administrator" && !f.Bot && !f.Anonymous })
	before := s.list(s.owner, c, recent, 0, 1).Count
	s.act(s.world.DeleteAccount(admin))
	assert.Equal(t, before-1, s.list(s.owner, c, recent, 0, 1).Count)
	for id := range s.walk(s.owner, c, recent) {
		assert.False(t, s.truth()[id].Deleted)
	}
	admins := s.list(s.owner, c, &tg.ChannelParticipantsAdmins{}, 0, 100)
	seen := false
	for _, u := range admins.Users {
		if u, ok := u.(*tg.User); ok && u.ID == int64(admin) {
			seen = true
			assert.True(t, u.Deleted)
			assert.Empty(t, u.FirstName+u.LastName+u.Username)
			assert.NotZero(t, u.AccessHash)
		}
	}
	assert.True(t, seen, "a deleted admin is shown among the admins")
	full, err := s.owner.ChannelsGetFullChannel(t.Context(), c)
	require.NoError(t, err)
	assert.Equal(t, 300, full.FullChat.(*tg.ChannelFull).ParticipantsCount)
}

func TestRule06BannedIsRestrictedAndKickedIsBanned(t *testing.T) {
	s := newStage(t, world.Options{Seed: 6, Members: 600})
	c := s.group(s.owner)
	restricted := s.walk(s.owner, c, &tg.ChannelParticipantsBanned{})
	kicked := s.walk(s.owner, c, &tg.ChannelParticipantsKicked{})
	for id, f := range s.truth() {
		if f.Status == "restricted" {
			row := restricted[id].(*tg.ChannelParticipantBanned)
			assert.False(t, row.BannedRights.ViewMessages)
			assert.Equal(t, !f.In, row.Left)
		}
		if f.Status == "kicked" {
			row := kicked[id].(*tg.ChannelParticipantBanned)
			assert.True(t, row.BannedRights.ViewMessages)
			assert.NotZero(t, row.KickedBy)
		}
	}
	s.act(s.world.Leave(s.world.Bot(), s.world.Group().ID))
	for _, f := range []tg.ChannelParticipantsFilterClass{&tg.ChannelParticipantsBanned{}, &tg.ChannelParticipantsKicked{}} {
		_, err := s.bot.ChannelsGetParticipants(t.Context(), &tg.ChannelsGetParticipantsRequest{Channel: s.group(s.bot), Filter: f})
		isErr(t, err, 403, "CHAT_ADMIN_REQUIRED")
	}
}

func TestRule07RestrictedRowsByCaller(t *testing.T) {
	s := newStage(t, world.Options{Seed: 7, Members: 400})
	id := s.world.Group().ID
	u := s.some(ordinary)
	_, err := s.world.EditBanned(s.world.Owner(), u, id, world.Muted())
	require.NoError(t, err)
	row := s.walk(s.owner, s.group(s.owner), recent)[int64(u)]
	require.IsType(t, &tg.ChannelParticipantBanned{}, row)
	assert.False(t, row.(*tg.ChannelParticipantBanned).Left)

	_, err = s.world.EditAdmin(s.world.Owner(), s.world.Bot(), id, tg.ChatAdminRights{}, "")
	require.NoError(t, err)
	assert.IsType(t, &tg.ChannelParticipant{}, s.walk(s.bot, s.group(s.bot), recent)[int64(u)])
}

func TestRule08BannedChannels(t *testing.T) {
	s := newStage(t, world.Options{Seed: 8, Members: 100})
	page := s.list(s.owner, s.group(s.owner), &tg.ChannelParticipantsKicked{}, 0, 200)
	var channels []int64
	for _, p := range page.Participants {
		if peer, ok := p.(*tg.ChannelParticipantBanned).Peer.(*tg.PeerChannel); ok {
			channels = append(channels, peer.ChannelID)
		}
	}
	require.Len(t, channels, 1)
	assert.True(t, slices.ContainsFunc(page.Chats, func(c tg.ChatClass) bool { return c.GetID() == channels[0] }))
}

func TestRule09HiddenMembers(t *testing.T) {
	s := newStage(t, world.Options{Seed: 9, Members: 100})
	var hidden *tg.Channel
	dialogs, err := s.owner.MessagesGetDialogs(t.Context(), &tg.MessagesGetDialogsRequest{OffsetPeer: &tg.InputPeerEmpty{}, Limit: 100})
	require.NoError(t, err)
	for _, c := range dialogs.(*tg.MessagesDialogs).Chats {
		if c, ok := c.(*tg.Channel); ok && c.Title == "Quiet Courtyard" {
			hidden = c
		}
	}
	require.NotNil(t, hidden)
	full, err := s.owner.ChannelsGetFullChannel(t.Context(), hidden.AsInput())
	require.NoError(t, err)
	assert.True(t, full.FullChat.(*tg.ChannelFull).ParticipantsHidden)
	assert.False(t, full.FullChat.(*tg.ChannelFull).CanViewParticipants)
	assert.Greater(t, full.FullChat.(*tg.ChannelFull).ParticipantsCount, 10)
	page := s.list(s.owner, hidden.AsInput(), recent, 0, 200)
	require.Len(t, page.Participants, 1)
	assert.IsType(t, &tg.ChannelParticipantCreator{}, page.Participants[0])
}

func TestRule10BroadcastNeedsAdmin(t *testing.T) {
	s := newStage(t, world.Options{Seed: 10, Members: 100})
	news := s.channel(s.owner, "lantern_news")
	_, err := s.owner.ChannelsGetParticipants(t.Context(), &tg.ChannelsGetParticipantsRequest{Channel: news, Filter: recent})
	isErr(t, err, 403, "CHAT_ADMIN_REQUIRED")
	_, err = s.owner.ChannelsGetParticipant(t.Context(), &tg.ChannelsGetParticipantRequest{
		Channel: news, Participant: &tg.InputPeerSelf{},
	})
	isErr(t, err, 403, "CHAT_ADMIN_REQUIRED")
}

func TestRule11SearchByWordPrefix(t *testing.T) {
	s := newStage(t, world.Options{Seed: 11, Members: 100})
	c := s.group(s.owner)
	owner := int64(s.world.Owner()) // Mira Okafor, @mira_okafor
	find := func(q string) map[int64]tg.ChannelParticipantClass {
		return s.walk(s.owner, c, &tg.ChannelParticipantsSearch{Q: q})
	}
	for _, q := range []string{"Mira", "mi", "OKA", "mira_oka", "oka mir", "mira!"} {
		assert.Contains(t, find(q), owner, "query %q", q)
	}
	for _, q := range []string{"kafor", "ira", "mira zz", "zzzzzz", "okafor_mira"} {
		assert.NotContains(t, find(q), owner, "query %q", q)
	}
	all := s.walk(s.owner, c, recent)
	for _, q := range []string{"", ".", " ?! ", "__"} {
		assert.Len(t, find(q), len(all), "query %q", q)
	}
}

func TestRule12NotModified(t *testing.T) {
	s := newStage(t, world.Options{Seed: 12, Members: 100})
	c := s.group(s.owner)
	page := s.list(s.owner, c, recent, 0, 50)
	ids := make([]int64, 0, len(page.Participants))
	for _, p := range page.Participants {
		ids = append(ids, idOf(p))
	}
	slices.Sort(ids)
	var h uint64
	for _, id := range ids {
		h ^= h >> 21
		h ^= h << 35
		h ^= h >> 4
		h += uint64(id)
	}
	ask := func(hash int64) tg.ChannelsChannelParticipantsClass {
		got, err := s.owner.ChannelsGetParticipants(t.Context(), &tg.ChannelsGetParticipantsRequest{
			Channel: c, Filter: recent, Limit: 50, Hash: hash,
		})
		require.NoError(t, err)
		return got
	}
	assert.IsType(t, &tg.ChannelsChannelParticipantsNotModified{}, ask(int64(h)))
	assert.IsType(t, &tg.ChannelsChannelParticipants{}, ask(int64(h)+1))
	assert.IsType(t, &tg.ChannelsChannelParticipants{}, ask(0))
}

func TestRule09HidingMembers(t *testing.T) {
	s := newStage(t, world.Options{Seed: 9, Members: 120})
	id := s.world.Group().ID
	hide := func(enabled bool) error {
		_, err := s.owner.ChannelsToggleParticipantsHidden(t.Context(), &tg.ChannelsToggleParticipantsHiddenRequest{
			Channel: s.group(s.owner), Enabled: enabled,
		})
		return err
	}
	everybody := len(s.walk(s.owner, s.group(s.owner), recent))
	s.act(hide(true))
	isErr(t, hide(true), 400, "CHAT_NOT_MODIFIED")
	assert.Len(t, s.walk(s.owner, s.group(s.owner), recent), everybody, "admins see all")

	_, err := s.world.EditAdmin(s.world.Owner(), s.world.Bot(), id, tg.ChatAdminRights{}, "")
	require.NoError(t, err)
	few := s.walk(s.bot, s.group(s.bot), recent)
	for member := range few {
		f := s.truth()[member]
		assert.True(t, f.Bot || f.Status == "creator" || f.Status == "administrator", "%+v", f)
	}
	assert.Greater(t, len(few), 3)
	ask := func(u world.UserID) error {
		_, err := s.bot.ChannelsGetParticipant(t.Context(), &tg.ChannelsGetParticipantRequest{
			Channel: s.group(s.bot), Participant: &tg.InputPeerUser{UserID: int64(u)},
		})
		return err
	}
	isErr(t, ask(s.some(ordinary)), 403, "CHAT_ADMIN_REQUIRED")
	require.NoError(t, ask(s.world.Owner()), "admins are shown to everybody")
	require.NoError(t, ask(s.world.Bot()))
	s.act(hide(false))
	assert.Len(t, s.walk(s.bot, s.group(s.bot), recent), everybody)

	small := newStage(t, world.Options{Seed: 9, Members: 99})
	_, err = small.owner.ChannelsToggleParticipantsHidden(t.Context(), &tg.ChannelsToggleParticipantsHiddenRequest{
		Channel: small.group(small.owner), Enabled: true,
	})
	isErr(t, err, 400, "PARTICIPANTS_TOO_FEW")
}

func TestContactsAmongTheMembers(t *testing.T) {
	s := newStage(t, world.Options{Seed: 9, Members: 120})
	c := s.group(s.owner)
	contacts := &tg.ChannelParticipantsContacts{}
	assert.Empty(t, s.walk(s.owner, c, contacts))
	u := s.some(ordinary)
	updates, err := s.owner.ContactsAddContact(t.Context(), &tg.ContactsAddContactRequest{
		ID:        &tg.InputUser{UserID: int64(u), AccessHash: s.world.User(s.world.Owner(), u).AccessHash},
		FirstName: "Grocer",
	})
	require.NoError(t, err)
	added := updates.(*tg.Updates).Users[0].(*tg.User)
	assert.True(t, added.Contact)
	assert.Equal(t, "Grocer", added.FirstName)
	members := s.walk(s.owner, c, contacts)
	assert.Contains(t, members, int64(u))
	assert.Contains(t, members, int64(s.world.Owner()), "the caller is listed too")
	assert.Len(t, members, 2)
	assert.Empty(t, s.walk(s.bot, s.group(s.bot), contacts), "bots have no contacts")
	_, err = s.owner.ContactsAddContact(t.Context(), &tg.ContactsAddContactRequest{
		ID: &tg.InputUser{UserID: int64(u), AccessHash: s.world.User(s.world.Owner(), u).AccessHash},
	})
	isErr(t, err, 400, "CONTACT_NAME_EMPTY")
}
