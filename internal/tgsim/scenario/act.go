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

// Act is what somebody is to do. By is whoever does it to User, the owner unless said otherwise; Group is a username, the
// watched group unless said otherwise.
type Act struct {
	Action string       `json:"action"`
	Group  string       `json:"group"`
	User   world.UserID `json:"user"`
	By     world.UserID `json:"by"`
	Text   string       `json:"text"`
	Until  *time.Time   `json:"until"`

	channel world.ChannelID
}

// ErrNonsense is what Do answers if no client could ask for such a thing.
var ErrNonsense = errors.New("it makes no sense")

// deed is an action: what it takes beside a person, and what it does.
type deed struct {
	takes takes
	do    func(*world.World, Act) error
}

// takes says what an action is told.
type takes uint8

const (
	place takes = iota // a group, and nobody who does it to somebody
	actor              // a group and who does it
	words              // a text, in private with the bot or in the group
	alone              // nothing
	title              // no person; a basic group's title as the group, or nothing for the first one
)

// deeds are all that people can do. Towards the bot they act in private.
var deeds = map[string]deed{
	"join":              {place, func(w *world.World, a Act) error { return w.Join(a.User, a.channel) }},
	"join_by_link":      {place, func(w *world.World, a Act) error { return w.JoinByLink(a.User, a.channel) }},
	"join_by_folder":    {place, func(w *world.World, a Act) error { return w.JoinByFolder(a.User, a.channel) }},
	"join_by_community": {place, func(w *world.World, a Act) error { return w.JoinByCommunity(a.User, a.channel) }},
	"request":           {place, func(w *world.World, a Act) error { return w.Request(a.User, a.channel) }},
	"approve":           {actor, func(w *world.World, a Act) error { return w.Decide(a.By, a.User, a.channel, true) }},
	"dismiss":           {actor, func(w *world.World, a Act) error { return w.Decide(a.By, a.User, a.channel, false) }},
	"add":               {actor, func(w *world.World, a Act) error { return w.Add(a.By, a.User, a.channel) }},
	"leave":             {place, func(w *world.World, a Act) error { return w.Leave(a.User, a.channel) }},
	"kick":              {actor, func(w *world.World, a Act) error { return w.Kick(a.By, a.User, a.channel) }},
	"ban":               {actor, func(w *world.World, a Act) error { return editBanned(w, a, world.Banned()) }},
	"restrict":          {actor, func(w *world.World, a Act) error { return editBanned(w, a, world.Muted()) }},
	"unban":             {actor, lift},
	"unrestrict":        {actor, lift},
	"promote":           {actor, func(w *world.World, a Act) error { return editAdmin(w, a, world.ModeratorRights()) }},
	"demote":            {actor, func(w *world.World, a Act) error { return editAdmin(w, a, tg.ChatAdminRights{}) }},
	"migrate":           {title, migrate},
	"block":             {alone, func(w *world.World, a Act) error { return w.Block(a.User, w.Bot()) }},
	"unblock":           {alone, func(w *world.World, a Act) error { return w.Unblock(a.User, w.Bot()) }},
	"start":             {words, func(w *world.World, a Act) error { return w.Start(a.User, w.Bot(), a.Text) }},
	"message":           {words, func(w *world.World, a Act) error { return w.Write(a.User, w.Bot(), a.Text) }},
	"callback":          {words, func(w *world.World, a Act) error { return w.Press(a.User, w.Bot(), a.Text) }},
	"say":               {words, say},
	"set":               {words, set},
	"title":             {words, func(w *world.World, a Act) error { return w.SetTitle(a.User, a.channel, a.Text) }},
	"about":             {words, func(w *world.World, a Act) error { return w.SetAbout(a.User, a.channel, a.Text) }},
	"username":          {words, func(w *world.World, a Act) error { return w.SetUsername(a.User, a.channel, a.Text) }},
	// log has the admin log tell of the actions named, or of all: see World.Log. Who is named with it does not matter.
	"log": {words, func(w *world.World, a Act) error { return w.Log(a.channel, strings.Fields(a.Text)...) }},
	"delete_account": {alone, func(w *world.World, a Act) error {
		return w.DeleteAccount(a.User)
	}},
}

// Actions returns the names of all actions, sorted.
func Actions() []string { return slices.Sorted(maps.Keys(deeds)) }

// Do has it done. What Telegram would refuse is a *tgerr.Error; what no client could ask for is ErrNonsense.
func (a Act) Do(w *world.World) error {
	d, known := deeds[a.Action]
	switch {
	case !known:
		return fmt.Errorf("unknown action %q: %w", a.Action, ErrNonsense)
	case d.takes == title:
		return d.do(w, a)
	case a.User <= 0:
		return fmt.Errorf("user must be an id: %w", ErrNonsense)
	case a.By == 0:
		a.By = w.Owner()
	}
	id, err := w.Channel(a.Group)
	if err != nil {
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

// set changes a setting of the group: slow-mode and its seconds; hidden, or one that world.Toggle knows, and on or off.
func set(w *world.World, a Act) error {
	name, value, _ := strings.Cut(a.Text, " ")
	on := value == "on"
	switch {
	case name == "slow-mode":
		seconds, err := strconv.Atoi(value)
		if err != nil {
			return fmt.Errorf("slow-mode takes seconds, not %q: %w", value, ErrNonsense)
		}
		return w.ToggleSlowMode(a.User, a.channel, seconds)
	case !on && value != "off":
		return fmt.Errorf("%q is neither slow-mode SECONDS nor a setting and on or off: %w", a.Text, ErrNonsense)
	case name == "hidden":
		return w.HideMembers(a.User, a.channel, on)
	}
	err := w.Toggle(a.User, a.channel, name, on)
	if tgerr.Is(err, "INPUT_METHOD_INVALID") {
		return fmt.Errorf("there is no setting %q: %w", name, ErrNonsense)
	}
	return err
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
