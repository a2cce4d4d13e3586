package supergroup

import (
	"errors"
	"net/url"
	"strconv"
	"strings"
)

var (
	// ErrReference means that a text is no way to name a group.
	ErrReference = errors.New("not an id, @name or t.me link of a group")
	// ErrInviteLink means that a group was named by a private invite link, which only says where it is to who joins by it.
	ErrInviteLink = errors.New("an invite link names no group until one joins by it; give the group's id or @name")
)

// markedChannel is what the Bot API puts before the ids of supergroups and channels: -100…
const markedChannel = -1_000_000_000_000

// reference is a group as a person names it: by id, with the kind where that is known, or by name.
type reference struct {
	id   int64
	kind peerKind // kindNone: any group with that id
	name string
}

// parse reads an id (bare, -100…, or negative for a basic group), @name, or a link to either.
func parse(text string) (reference, error) {
	text = strings.TrimSpace(text)
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return numbered(n)
	}
	if name, ok := strings.CutPrefix(text, "@"); ok {
		return byName(name)
	}
	if !strings.ContainsAny(text, "/.:") {
		return byName(text)
	}
	return linked(text)
}

func numbered(n int64) (reference, error) {
	switch {
	case n > 0:
		return reference{id: n}, nil
	case n < markedChannel && n > 2*markedChannel:
		return reference{id: markedChannel - n, kind: kindChannel}, nil
	case n < 0 && n > markedChannel:
		return reference{id: -n, kind: kindChat}, nil
	}
	return reference{}, ErrReference
}

func byName(name string) (reference, error) {
	if !validName(name) {
		return reference{}, ErrReference
	}
	return reference{name: name}, nil
}

// validName is Telegram's alphabet of usernames. The shortest that are sold have four letters.
func validName(s string) bool {
	if len(s) < 4 || len(s) > 32 {
		return false
	}
	for i := range len(s) {
		c := s[i]
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
		if !letter && (i == 0 || c != '_' && (c < '0' || c > '9')) {
			return false
		}
	}
	return true
}

// linked reads t.me/name, t.me/s/name, t.me/c/id/…, name.t.me and tg://resolve?domain=name, with or without https.
func linked(text string) (reference, error) {
	if !strings.Contains(text, "://") {
		text = "https://" + text
	}
	u, err := url.Parse(text)
	if err != nil {
		return reference{}, ErrReference
	}
	switch u.Scheme {
	case "tg":
		return fromApp(u)
	case "http", "https":
		return fromWeb(u)
	}
	return reference{}, ErrReference
}

func fromApp(u *url.URL) (reference, error) {
	switch u.Host {
	case "resolve":
		return byName(u.Query().Get("domain"))
	case "join":
		return reference{}, ErrInviteLink
	}
	return reference{}, ErrReference
}

func fromWeb(u *url.URL) (reference, error) {
	host := strings.TrimPrefix(strings.ToLower(u.Hostname()), "www.")
	if name, ok := strings.CutSuffix(host, ".t.me"); ok {
		return byName(name)
	}
	switch host {
	case "t.me", "telegram.me", "telegram.dog":
	default:
		return reference{}, ErrReference
	}
	path := strings.Split(strings.Trim(u.Path, "/"), "/")
	switch {
	case strings.HasPrefix(path[0], "+") || path[0] == "joinchat":
		return reference{}, ErrInviteLink
	case path[0] == "c" && len(path) > 1:
		id, err := strconv.ParseInt(path[1], 10, 64)
		if err != nil || id <= 0 {
			return reference{}, ErrReference
		}
		return reference{id: id, kind: kindChannel}, nil
	case path[0] == "s" && len(path) > 1:
		return byName(path[1])
	}
	return byName(path[0])
}
