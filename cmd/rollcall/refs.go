package main

import (
	"strconv"
	"strings"

	"rollcall/internal/membership"
)

// groupRef is a group as a person names it: by exactly one of the three.
type groupRef struct {
	ID       membership.GroupID // bare
	Marked   int64              // as given, where the id was in the Bot API's form: it tells a basic group from a supergroup; 0 otherwise
	Username string             // without @
	Invite   string             // the hash of an invite link
}

// userRef is a person as a person names them: by id, or by name.
type userRef struct {
	ID       membership.UserID
	Username string // without @
}

// minMarked is where the Bot API's ids of supergroups and channels begin: -100 and the bare id.
const minMarked = 1_000_000_000_000

// parseGroup reads an id (bare, or -100…, or - for a basic group), @name, t.me/name, an invite link, or tg://resolve.
func parseGroup(text string) (groupRef, error) {
	wrong := usage("give a group as its id, -100…, @name or link", "%q names no group", text)
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return groupOfID(n, wrong)
	}
	path, isLink := telegramLink(text)
	if invite, ok := inviteHash(path); isLink && ok {
		return groupRef{Invite: invite}, nil
	}
	if rest, ok := strings.CutPrefix(path, "c/"); isLink && ok {
		first, _, _ := strings.Cut(rest, "/")
		if n, err := strconv.ParseInt(first, 10, 64); err == nil && n > 0 {
			return groupRef{ID: membership.GroupID(n)}, nil
		}
		return groupRef{}, wrong
	}
	name, ok := nameIn(text, path, isLink)
	if !ok {
		return groupRef{}, wrong
	}
	return groupRef{Username: name}, nil
}

func groupOfID(n int64, wrong error) (groupRef, error) {
	switch {
	case n > 0:
		return groupRef{ID: membership.GroupID(n)}, nil
	case n < -minMarked && n > -4*minMarked:
		return groupRef{ID: membership.GroupID(-n - minMarked), Marked: n}, nil
	case n < 0 && n > -minMarked:
		return groupRef{ID: membership.GroupID(-n), Marked: n}, nil
	}
	return groupRef{}, wrong
}

// parseUser reads an id, @name, t.me/name or tg://user?id=….
func parseUser(text string) (userRef, error) {
	wrong := usage("give a person as their id, @name or t.me/…", "%q names no person", text)
	if id, ok := strings.CutPrefix(text, "tg://user?id="); ok {
		text = id
	}
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		if n <= 0 {
			return userRef{}, wrong
		}
		return userRef{ID: membership.UserID(n)}, nil
	}
	path, isLink := telegramLink(text)
	name, ok := nameIn(text, path, isLink)
	if !ok {
		return userRef{}, wrong
	}
	return userRef{Username: name}, nil
}

// telegramLink is the path of a link to Telegram, without query and slashes at the ends.
func telegramLink(text string) (path string, ok bool) {
	rest := text
	for _, scheme := range []string{"https://", "http://"} {
		rest = strings.TrimPrefix(rest, scheme)
	}
	for _, host := range []string{"t.me/", "www.t.me/", "telegram.me/", "telegram.dog/"} {
		if len(rest) >= len(host) && strings.EqualFold(rest[:len(host)], host) {
			path, _, _ = strings.Cut(rest[len(host):], "?")
			return strings.Trim(path, "/"), true
		}
	}
	if name, found := strings.CutPrefix(text, "tg://resolve?domain="); found {
		name, _, _ = strings.Cut(name, "&")
		return name, true
	}
	return "", false
}

func inviteHash(path string) (string, bool) {
	hash, ok := strings.CutPrefix(path, "+")
	if !ok {
		hash, ok = strings.CutPrefix(path, "joinchat/")
	}
	valid := ok && hash != "" && !strings.ContainsFunc(hash, func(r rune) bool { return !isWord(r) && r != '-' })
	return hash, valid
}

// nameIn is the public name in @name, name or a link to it (or to a message behind it).
func nameIn(text, path string, isLink bool) (string, bool) {
	name := strings.TrimPrefix(text, "@")
	if isLink {
		name, _, _ = strings.Cut(strings.TrimPrefix(path, "s/"), "/")
	}
	return name, validUsername(name)
}

// validUsername: Telegram's names have 4 (bought ones) to 32 letters, digits and underscores, and begin with a letter.
func validUsername(name string) bool {
	return len(name) >= 4 && len(name) <= 32 && isLetter(rune(name[0])) && !strings.ContainsFunc(name, func(r rune) bool { return !isWord(r) })
}

func isLetter(r rune) bool { return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' }

func isWord(r rune) bool { return isLetter(r) || '0' <= r && r <= '9' || r == '_' }
