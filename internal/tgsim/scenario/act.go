package scenario

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gotd/td/tg"
	"github.com/gotd/td/tgerr"

	"rollcall/internal/tgsim/world"
)

// Act is what somebody is to do. By is whoever does it to User, the owner unless said otherwise; Group is a username, or
// the title of one of the owner's groups; the watched group unless said otherwise.
type Act struct {
	Action string       `json:"action"`
	Group  string       `json:"group"`
	User   world.UserID `json:"user"`
	By     world.UserID `json:"by"`
	Text   string       `json:"text"`
	Until  *time.Time   `json:"until"`

	channel world.ChannelID
}

// ErrNonsense is what Do answers if no client could ask for such a thing. The answer has words of its own.
var ErrNonsense = errors.New("it makes no sense")

// nonsense is an ErrNonsense in words.
type nonsense string

func (n nonsense) Error() string { return string(n) }

func (nonsense) Is(target error) bool { return target == ErrNonsense }

// deed is an action: what it takes beside a person, and what it does.
type deed struct {
	takes takes
	do    func(*world.World, Act) error
	check func(text string) error // refuses texts that make no sense; nil takes all
}

// takes says what an action is told.
type takes uint8

const (
	place   takes = iota // a group, and nobody who does it to somebody
	actor                // a group and who does it
	words                // a group and a text
	private              // a text
	alone                // nothing
	title                // no person; a basic group's title as the group, or nothing for the first one
)

// deeds are all that people can do. Towards the bot they act in private.
var deeds = map[string]deed{
	"join":              {takes: place, do: func(w *world.World, a Act) error { return w.Join(a.User, a.channel) }},
	"join_by_link":      {takes: place, do: func(w *world.World, a Act) error { return w.JoinByLink(a.User, a.channel) }},
	"join_by_folder":    {takes: place, do: func(w *world.World, a Act) error { return w.JoinByFolder(a.User, a.channel) }},
	"join_by_community": {takes: place, do: func(w *world.World, a Act) error { return w.JoinByCommunity(a.User, a.channel) }},
	"request":           {takes: place, do: func(w *world.World, a Act) error { return w.Request(a.User, a.channel) }},
	"approve":           {takes: actor, do: func(w *world.World, a Act) error { return w.Decide(a.By, a.User, a.channel, true) }},
	"dismiss":           {takes: actor, do: func(w *world.World, a Act) error { return w.Decide(a.By, a.User, a.channel, false) }},
	"add":               {takes: actor, do: func(w *world.World, a Act) error { return w.Add(a.By, a.User, a.channel) }},
	"leave":             {takes: place, do: func(w *world.World, a Act) error { return w.Leave(a.User, a.channel) }},
	"kick":              {takes: actor, do: func(w *world.World, a Act) error { return w.Kick(a.By, a.User, a.channel) }},
	"ban":               {takes: actor, do: func(w *world.World, a Act) error { return editBanned(w, a, world.Banned()) }},
	"restrict":          {takes: actor, do: func(w *world.World, a Act) error { return editBanned(w, a, world.Muted()) }},
	"unban":             {takes: actor, do: lift},
	"unrestrict":        {takes: actor, do: lift},
	"promote":           {takes: actor, do: func(w *world.World, a Act) error { return editAdmin(w, a, world.ModeratorRights()) }},
	"demote":            {takes: actor, do: func(w *world.World, a Act) error { return editAdmin(w, a, tg.ChatAdminRights{}) }},
	"migrate":           {takes: title, do: migrate},
	"block":             {takes: alone, do: func(w *world.World, a Act) error { return w.Block(a.User, w.Bot()) }},
	"unblock":           {takes: alone, do: func(w *world.World, a Act) error { return w.Unblock(a.User, w.Bot()) }},
	"start":             {takes: private, do: func(w *world.World, a Act) error { return w.Start(a.User, w.Bot(), a.Text) }},
	"message":           {takes: private, do: func(w *world.World, a Act) error { return w.Write(a.User, w.Bot(), a.Text) }},
	"callback":          {takes: private, do: func(w *world.World, a Act) error { return w.Press(a.User, w.Bot(), a.Text) }},
	"say":               {takes: words, do: say},
	"set":               {takes: words, do: set, check: checkSetting},
	"title":             {takes: words, do: func(w *world.World, a Act) error { return w.SetTitle(a.User, a.channel, a.Text) }},
	"about":             {takes: words, do: func(w *world.World, a Act) error { return w.SetAbout(a.User, a.channel, a.Text) }},
	"username":          {takes: words, do: func(w *world.World, a Act) error { return w.SetUsername(a.User, a.channel, a.Text) }},
	// log has the admin log tell of the actions named, or of all: see World.Log. Who is named with it does not matter.
	"log":            {takes: words, do: tellLog, check: checkLog},
	"delete_account": {takes: alone, do: func(w *world.World, a Act) error { return w.DeleteAccount(a.User) }},
	"password":       {takes: private, do: password},
	"pardon":         {takes: alone, do: pardon},
}

// Actions returns the names of all actions, sorted.
func Actions() []string { return slices.Sorted(maps.Keys(deeds)) }

// Do has it done. What Telegram would refuse is a *tgerr.Error; what no client could ask for is ErrNonsense.
func (a Act) Do(w *world.World) error {
	d, known := deeds[a.Action]
	switch {
	case !known:
		return nonsense(fmt.Sprintf("there is no action %q", a.Action))
	case d.takes == title:
		return d.do(w, a)
	case a.User <= 0:
		return nonsense("user must be an id")
	case d.check != nil && d.check(a.Text) != nil:
		return d.check(a.Text)
	case a.By == 0:
		a.By = w.Owner()
	}
	id, err := w.Channel(a.Group)
	switch {
	case tgerr.Is(err, "USERNAME_NOT_OCCUPIED"):
		return a.doInBasicGroup(w)
	case err != nil:
		return err
	}
	a.channel = id
	return d.do(w, a)
}

func editBanned(w *world.World, a Act, rights tg.ChatBannedRights) error {
	if a.Until != nil {
		rights.UntilDate = int(a.Until.Unix())
	}
	return modified(w.EditBanned(a.By, a.User, a.channel, rights))
}

// lift takes a ban or a restriction away; each of the two words lifts only its own.
func lift(w *world.World, a Act) error {
	banned, restricted, err := w.Barred(a.User, a.channel)
	switch {
	case err != nil:
		return err
	case a.Action == "unban" && !banned, a.Action == "unrestrict" && !restricted:
		return modified(false, nil)
	}
	return modified(w.EditBanned(a.By, a.User, a.channel, tg.ChatBannedRights{}))
}

func editAdmin(w *world.World, a Act, rights tg.ChatAdminRights) error {
	return modified(w.EditAdmin(a.By, a.User, a.channel, rights, ""))
}

func say(w *world.World, a Act) error {
	_, err := w.Say(a.User, a.channel, a.Text)
	return err
}

func password(w *world.World, a Act) error {
	err := w.SetPassword(a.User, a.Text)
	if err == nil {
		w.Tell(a.User, map[bool]string{true: "has no password any more", false: "has another password"}[a.Text == ""])
	}
	return err
}

func pardon(w *world.World, a Act) error {
	err := w.BanAccount(a.User, false)
	if err == nil {
		w.Tell(a.User, "was pardoned by Telegram")
	}
	return err
}

func tellLog(w *world.World, a Act) error { return w.Log(a.channel, strings.Fields(a.Text)...) }

func checkLog(text string) error {
	for _, name := range strings.Fields(text) {
		if !slices.Contains(world.LogKinds(), name) {
			return nonsense(fmt.Sprintf("the admin log has no action %q", name))
		}
	}
	return nil
}

// set changes a setting of the group: slow-mode and its seconds; hidden, or one that world.Toggle knows, and on or off.
func set(w *world.World, a Act) error {
	name, value, _ := strings.Cut(a.Text, " ")
	switch name {
	case "slow-mode":
		seconds, err := strconv.Atoi(value)
		if err != nil {
			return fmt.Errorf("read the seconds of slow mode: %w", err)
		}
		return w.ToggleSlowMode(a.User, a.channel, seconds)
	case "hidden":
		return w.HideMembers(a.User, a.channel, value == "on")
	}
	return w.Toggle(a.User, a.channel, name, value == "on")
}

func checkSetting(text string) error {
	name, value, _ := strings.Cut(text, " ")
	if name == "slow-mode" {
		if _, err := strconv.Atoi(value); err != nil {
			return nonsense(fmt.Sprintf("slow-mode takes seconds, not %q", value))
		}
		return nil
	}
	names := append([]string{"hidden"}, world.Toggles()...)
	switch {
	case !slices.Contains(names, name):
		return nonsense(fmt.Sprintf("there is no setting %q beside slow-mode, %s", name, strings.Join(names, ", ")))
	case value != "on" && value != "off":
		return nonsense(fmt.Sprintf("%s is on or off, not %q", name, value))
	}
	return nil
}

// migrate makes the basic group of this title, or the first one, a supergroup.
func migrate(w *world.World, a Act) error {
	for _, g := range w.ChatGroups() {
		if a.Group != "" && a.Group != g.Title {
			continue
		}
		_, err := w.Migrate(g.ID)
		return err
	}
	return tgerr.New(400, "CHAT_ID_INVALID")
}

// modified turns a change that changed nothing into a refusal: whoever asked for it waits for updates
// that would never come.
func modified(changed bool, err error) error {
	if err == nil && !changed {
		return tgerr.New(400, "CHAT_NOT_MODIFIED")
	}
	return err
}
