package world

import (
	"fmt"
	"maps"
	"slices"

	"github.com/gotd/td/tg"
)

// Toggles returns the names of the settings that World.Toggle takes.
func Toggles() []string { return slices.Sorted(maps.Keys(toggles)) }

// Tell has the watcher told of what is no event of the world's, with the account in front if there is one: of logins,
// connections and clocks. What must be text that is safe to print.
func (w *World) Tell(u UserID, what string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case w.watch == nil:
	case u != 0:
		w.happened(w.now(), "%s %s", w.who(u), what)
	default:
		w.happened(w.now(), "%s", what)
	}
}

// tellWatcherOfLog tells of what an admin did to the channel itself.
func (w *World) tellWatcherOfLog(c *channel, by UserID, kind logKind, d detail) {
	if w.watch == nil {
		return
	}
	for name, t := range toggles {
		if t.kind == kind && kind != 0 {
			w.tellWatcherOfSetting(c, by, name, *t.where(c))
			return
		}
	}
	what := w.altered(c, d.say(w.owner))
	if what == "" {
		what = fmt.Sprintf("did %s in %s", filings[kind].name, c.label())
	}
	w.happened(w.now(), "%s %s", w.who(by), what)
}

// tellWatcherOfSetting tells of a setting that is on or off.
func (w *World) tellWatcherOfSetting(c *channel, by UserID, name string, on bool) {
	if w.watch != nil {
		w.happened(w.now(), "%s switched %s %s in %s", w.who(by), name, map[bool]string{true: "on", false: "off"}[on], c.label())
	}
}

// altered says what was done, after who did it; empty if there is no better word than the log's.
func (w *World) altered(c *channel, a tg.ChannelAdminLogEventActionClass) string {
	switch a := a.(type) {
	case *tg.ChannelAdminLogEventActionChangeTitle:
		return fmt.Sprintf("gave %s the title %s", c.label(), quoted(a.NewValue))
	case *tg.ChannelAdminLogEventActionChangeAbout:
		return fmt.Sprintf("described %s as %s", c.label(), quoted(a.NewValue))
	case *tg.ChannelAdminLogEventActionChangeUsername:
		return fmt.Sprintf("changed the username of %s from %s to %s", quoted(c.title), quoted(a.PrevValue), quoted(a.NewValue))
	case *tg.ChannelAdminLogEventActionChangePhoto:
		return "changed the photo of " + c.label()
	case *tg.ChannelAdminLogEventActionChangeLinkedChat:
		return "changed the chat that is linked with " + c.label()
	case *tg.ChannelAdminLogEventActionToggleSlowMode:
		return fmt.Sprintf("set the slow mode of %s to %d s", c.label(), a.NewValue)
	case *tg.ChannelAdminLogEventActionDefaultBannedRights:
		return "changed what members may do in " + c.label()
	case *tg.ChannelAdminLogEventActionEditMessage:
		return fmt.Sprintf("edited a message in %s: %s", c.label(), quoted(textOf(a.NewMessage)))
	case *tg.ChannelAdminLogEventActionDeleteMessage:
		return fmt.Sprintf("deleted a message in %s: %s", c.label(), quoted(textOf(a.Message)))
	case *tg.ChannelAdminLogEventActionUpdatePinned:
		return fmt.Sprintf("pinned a message in %s: %s", c.label(), quoted(textOf(a.Message)))
	}
	return ""
}

// textOf is a message's text; a service message has none.
func textOf(m tg.MessageClass) string {
	if m, ok := m.(*tg.Message); ok {
		return m.Message
	}
	return ""
}
