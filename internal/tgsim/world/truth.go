package world

import (
	"cmp"
	"slices"
)

// Fact is the truth about one person and the group.
type Fact struct {
	ID               UserID
	First, Last      string
	Username         string
	Status           string // in the Bot API's words
	In, Bot, Deleted bool
	Anonymous        bool
}

// Truth returns everybody who ever was in the group, or was banned from it, by id.
func (w *World) Truth(group string) ([]Fact, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	c, err := w.channelNamed(group)
	if err != nil {
		return nil, err
	}
	w.pass()
	now := w.now()
	out := make([]Fact, 0, len(c.rows))
	for _, r := range c.rows {
		a, s := w.account(r.user), c.standing(r.user, now)
		out = append(out, Fact{
			ID: r.user, First: a.first, Last: a.last, Username: a.username, Status: s.status(), In: s.in,
			Bot: a.bot, Deleted: a.deleted, Anonymous: c.anonymous(r.user),
		})
	}
	slices.SortFunc(out, func(a, b Fact) int { return cmp.Compare(a.ID, b.ID) })
	return out, nil
}

// Channel finds a channel by its username, or one of the owner's by its title; "" is the watched group.
func (w *World) Channel(username string) (ChannelID, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	c, err := w.channelNamed(username)
	if err != nil {
		return 0, err
	}
	return c.id, nil
}

func (w *World) channelNamed(name string) (*channel, error) {
	if name == "" {
		return w.group, nil
	}
	if p, ok := w.named(name); ok && p.kind == kindChannel {
		return w.channels[ChannelID(p.id)], nil
	}
	var titled *channel // the oldest of that title
	for _, c := range w.channels {
		if c.creator == w.owner && c.title == name && (titled == nil || c.created < titled.created) {
			titled = c
		}
	}
	if titled == nil {
		return nil, refuse(400, "USERNAME_NOT_OCCUPIED")
	}
	return titled, nil
}

// Barred says whether the person is banned from the channel, or restricted in it, now.
func (w *World) Barred(u UserID, id ChannelID) (banned, restricted bool, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	c, _, err := w.place(u, id)
	if err != nil {
		return false, false, err
	}
	s := c.standing(u, w.now())
	return s.banned(), s.restricted(), nil
}
