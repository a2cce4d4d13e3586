package main

import (
	"context"
	"fmt"
	"slices"

	"rollcall/internal/membership"
	"rollcall/internal/report"
	"rollcall/internal/roster"
)

// allowQuestion puts people on the allow list, takes them off, or only lists it.
type allowQuestion struct {
	Group  string   `json:"group"`
	Add    []string `json:"add"`
	Remove []string `json:"remove"`
	Note   string   `json:"note"`
}

// allowListQuestion asks for the allow list as it was at a moment; 0 is now.
type allowListQuestion struct {
	Group string             `json:"group"`
	At    membership.Instant `json:"at"`
}

// allowedView is somebody on the allow list.
type allowedView struct {
	User     membership.UserID  `json:"id"`
	Name     *string            `json:"name"`
	Username *string            `json:"username"`
	Note     *string            `json:"note"`
	Since    membership.Instant `json:"since"`
	Removed  membership.Instant `json:"removed"` // null while they are on it
}

var (
	changeAllow = newChange("allow", allow)
	listAllow   = newErrand("allow-list", func(ctx context.Context, d desk, q allowListQuestion) (s stated[[]allowedView], err error) {
		d = d.at(q.Group)
		g, err := d.theGroup(ctx)
		if err != nil {
			return s, err
		}
		if q.At != 0 {
			return d.allowedAt(ctx, g, q.At)
		}
		s.Meta = report.Meta{AsOf: membership.At(d.now())}
		s.Answer, err = d.allowed(ctx, g)
		return s, err
	})
)

func allow(ctx context.Context, d desk, q allowQuestion) ([]allowedView, error) {
	d = d.at(q.Group)
	g, err := d.theGroup(ctx)
	if err != nil {
		return nil, err
	}
	for _, text := range q.Add {
		id, err := d.findUser(ctx, g, text)
		if err != nil {
			return nil, err
		}
		if err := d.roster.Allow(ctx, g.ID, id, q.Note); err != nil {
			return nil, err
		}
	}
	if err := d.disallow(ctx, g, q.Remove); err != nil {
		return nil, err
	}
	return d.allowed(ctx, g)
}

// disallow takes people off the list: all of them, or nobody where one is not on it.
func (d desk) disallow(ctx context.Context, g membership.Group, texts []string) error {
	list, err := d.roster.AllowList(ctx, g.ID)
	if err != nil {
		return err
	}
	var ids []membership.UserID
	for _, text := range texts {
		id, err := d.findUser(ctx, g, text)
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(list, func(a roster.Allowed) bool { return a.User == id }) {
			return fail(exitNotFound, `"rollcall allow list" shows who is; nobody was taken off`, "%s is not on the allow list", text)
		}
		ids = append(ids, id)
	}
	for _, id := range ids {
		if err := d.roster.Disallow(ctx, g.ID, id); err != nil {
			return err
		}
	}
	return nil
}

func (d desk) allowed(ctx context.Context, g membership.Group) ([]allowedView, error) {
	list, err := d.roster.AllowList(ctx, g.ID)
	if err != nil {
		return nil, err
	}
	return d.viewAllowed(ctx, g, list)
}

func (d desk) allowedAt(ctx context.Context, g membership.Group, at membership.Instant) (s stated[[]allowedView], err error) {
	list, recorded, err := d.roster.AllowListAt(ctx, g.ID, at)
	if err != nil {
		return s, err
	}
	s.Meta = report.Meta{AsOf: at, Caveats: append([]string{namesNow}, removalsUnknown(at, recorded)...)}
	s.Answer, err = d.viewAllowed(ctx, g, list)
	return s, err
}

// removalsUnknown says where it is so that a past allow list may lack somebody: until a time removals left nothing behind.
func removalsUnknown(at, recorded membership.Instant) []string {
	switch {
	case recorded == 0:
		return []string{"removals from the allow list are on record only from the next change of it on"}
	case at < recorded:
		return []string{fmt.Sprintf("removals from the allow list before %s are not on record", recorded)}
	}
	return nil
}

func (d desk) viewAllowed(ctx context.Context, g membership.Group, list []roster.Allowed) ([]allowedView, error) {
	views := []allowedView{}
	for _, a := range list {
		p, _, err := d.roster.Person(ctx, g.ID, a.User)
		if err != nil {
			return nil, err
		}
		views = append(views, allowedView{
			User: a.User, Name: orNull(p.Profile.Name()), Username: orNull(p.Profile.Username), Note: orNull(a.Note), Since: a.Since, Removed: a.Removed,
		})
	}
	return views, nil
}
