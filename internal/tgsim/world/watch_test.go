package world_test

import (
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rollcall/internal/tgsim/world"
)

// watched makes a small world and returns it with what it tells.
func watched(t *testing.T) (*world.World, *[]string) {
	t.Helper()
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	w := world.New(world.Options{Seed: 1, Members: 50, Now: func() time.Time { return now }})
	told := new([]string)
	w.Watch(func(e world.Event) {
		assert.Equal(t, now, e.At)
		*told = append(*told, e.Text)
	})
	return w, told
}

func TestEveryChangeIsTold(t *testing.T) {
	w, told := watched(t)
	u, _ := w.Stranger()
	g, by := w.Group().ID, w.Owner()
	require.NoError(t, w.Rename(u, "Ann", "Lee"))
	ann := `"Ann Lee" @` + w.Username(u) + " ("
	for _, step := range []struct {
		do    func() error
		words []string
	}{
		{func() error { return w.Join(u, g) }, []string{") joined @lantern_street"}},
		{func() error { _, err := w.Say(u, g, "good morning"); return err }, []string{`) wrote "good morning" in @lantern_street`}},
		{func() error { _, err := w.EditBanned(by, u, g, world.Muted()); return err }, []string{") was restricted in @lantern_street by the owner"}},
		{func() error { return w.Leave(u, g) }, []string{") left @lantern_street"}},
		{func() error { return w.JoinByLink(u, g) }, []string{") joined @lantern_street by link"}},
		{func() error { return w.Kick(by, u, g) }, []string{") was banned from @lantern_street by the owner", ") was unbanned in @lantern_street by the owner"}},
		{func() error { return w.Start(u, w.Bot(), "course") }, []string{`) wrote "/start course" to the bot`}},
		{func() error { return w.Block(u, w.Bot()) }, []string{") blocked the bot"}},
		{func() error { return w.Unblock(u, w.Bot()) }, []string{") unblocked the bot"}},
		{func() error { return w.Request(u, g) }, []string{") asked to join @lantern_street"}},
		{func() error { return w.Decide(by, u, g, true) }, []string{") joined @lantern_street on request"}},
		{func() error { return w.DeleteAccount(u) }, []string{") deleted their account"}},
	} {
		*told = nil
		require.NoError(t, step.do(), step.words[0])
		require.Len(t, *told, len(step.words), "%v", *told)
		for i, words := range step.words {
			assert.True(t, strings.HasPrefix((*told)[i], ann), (*told)[i])
			assert.True(t, strings.HasSuffix((*told)[i], words), (*told)[i])
		}
	}
	w.Watch(nil)
	*told = nil
	_, err := w.EditAdmin(by, w.Bot(), g, world.ModeratorRights(), "")
	require.NoError(t, err)
	assert.Empty(t, *told, "nobody watches any more")
}

// What is done to the group itself is told too, whether its log has it or not.
func TestEveryChangeOfTheGroupIsTold(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	w := world.New(world.Options{Seed: 1, Members: 120, Now: func() time.Time { return now }})
	var told []string
	w.Watch(func(e world.Event) { told = append(told, e.Text) })
	u, _ := w.Stranger()
	g, by := w.Group().ID, w.Owner()
	var said int
	for _, step := range []struct {
		do    func() error
		words string
	}{
		{func() error { return w.SetTitle(by, g, "A \u202eb") }, `the owner gave @lantern_street the title "A \u202eb"`},
		{func() error { return w.SetAbout(by, g, "Books") }, `the owner described @lantern_street as "Books"`},
		{func() error { return w.SetUsername(by, g, "lantern_two") }, `username of "A \u202eb" from "lantern_street" to "lantern_two"`},
		{func() error { return w.SetPhoto(by, g, true) }, "the owner changed the photo of @lantern_two"},
		{func() error { return w.ToggleSlowMode(by, g, 30) }, "the owner set the slow mode of @lantern_two to 30 s"},
		{func() error { return w.Toggle(by, g, "no-forwards", true) }, "the owner switched no-forwards on in @lantern_two"},
		{func() error { return w.Toggle(by, g, "join-request", true) }, "the owner switched join-request on in @lantern_two"},
		{func() error { return w.HideMembers(by, g, true) }, "the owner switched hidden on in @lantern_two"},
		{func() error { return w.Log(g, "CreateTopic") }, "the owner did CreateTopic in @lantern_two"},
		{func() error { return w.Log(g, "UpdatePinned") }, "the owner pinned a message in @lantern_two: "},
		{func() (err error) { said, err = w.Say(by, g, "hello"); return err }, `the owner wrote "hello" in @lantern_two`},
		{func() error { _, err := w.DeletePosts(by, g, []int{said}); return err }, `deleted a message in @lantern_two: "hello"`},
		{func() error { return w.Request(u, g) }, "asked to join @lantern_two"},
		{func() error { return w.Decide(by, u, g, false) }, "was refused at @lantern_two by the owner"},
	} {
		told = nil
		require.NoError(t, step.do(), step.words)
		require.Len(t, told, 1, "%v", told)
		assert.Contains(t, told[0], step.words)
	}
	assert.Contains(t, world.Toggles(), "join-request")
}

// FuzzToldNames: whatever people are called and write, an event is one line that shows all there is.
func FuzzToldNames(f *testing.F) {
	f.Add("Ann", "Lee", "hello")
	f.Add("\u202eevil\x1b[2J", "a\nb", "\r\n\u200b")
	f.Fuzz(func(t *testing.T, first, last, text string) {
		w, told := watched(t)
		u, _ := w.Stranger()
		if w.Rename(u, first, last) != nil || w.Join(u, w.Group().ID) != nil {
			return
		}
		_, _ = w.Say(u, w.Group().ID, text)
		for _, line := range *told {
			for _, r := range line {
				assert.True(t, unicode.IsGraphic(r), "%q in %q", r, line)
			}
		}
	})
}

func TestBasicGroupsAreTold(t *testing.T) {
	w := world.New(world.Options{Seed: 1, Members: 50, Groups: []world.GroupOptions{{Title: "The old hands", Members: 5, Basic: true}}})
	var told []string
	w.Watch(func(e world.Event) { told = append(told, e.Text) })
	g := w.ChatGroups()[0].ID
	u, _ := w.Stranger()
	require.NoError(t, w.JoinChat(u, g))
	require.NoError(t, w.SayInChat(u, g, "hello"))
	_, err := w.DeleteChatUser(w.Owner(), g, u)
	require.NoError(t, err)
	_, err = w.EditChatTitle(w.Owner(), g, "The new hands")
	require.NoError(t, err)
	_, err = w.Migrate(g)
	require.NoError(t, err)
	require.Len(t, told, 5, "%v", told)
	for i, words := range []string{
		`) joined the basic group "The old hands"`, `) wrote "hello" in the basic group "The old hands"`,
		`) was put out of the basic group "The old hands" by the owner`, `the owner changed the basic group "The new hands"`,
		`the owner made the basic group "The new hands" a supergroup`,
	} {
		assert.Contains(t, told[i], words)
	}
}
