package roster

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"rollcall/internal/membership"
)

// ErrUnknownGap says that the roster has no gap of that id.
var ErrUnknownGap = errors.New("there is no such gap")

type gapValue membership.Gap

func (v *gapValue) fields(w *wire) {
	word(w, &v.Source, membership.GapAdminLog)
	signed(w, &v.From)
	signed(w, &v.To)
	w.text(&v.Reason)
	signed(w, &v.Noted)
	signed(w, &v.Settled)
	w.text(&v.How)
}

// openGaps are those that are not settled, oldest first. They lie apart, since the gate reads them for every decision, and the settled ones only
// ever become more.
func (g *group) openGaps() ([]membership.Gap, error) { return g.gapsIn(bucketGaps) }

// gaps are all gaps, oldest first.
func (g *group) gaps() ([]membership.Gap, error) {
	open, err := g.openGaps()
	if err != nil {
		return nil, err
	}
	settled, err := g.gapsIn(bucketSettled)
	if err != nil {
		return nil, err
	}
	all := append(open, settled...)
	slices.SortFunc(all, func(a, b membership.Gap) int { return cmp.Compare(a.ID, b.ID) })
	return all, nil
}

func (g *group) gapsIn(bucket []byte) ([]membership.Gap, error) {
	gaps := []membership.Gap{}
	err := g.in(bucket).ForEach(func(k, raw []byte) error {
		v, err := decodeGap(k, raw)
		gaps = append(gaps, v)
		return err
	})
	return gaps, err
}

func decodeGap(key, raw []byte) (membership.Gap, error) {
	var v gapValue
	err := decode(raw, &v, "a gap")
	v.ID = number(key)
	return membership.Gap(v), err
}

func (g *group) putGap(v membership.Gap) error {
	to, from := bucketGaps, bucketSettled
	if !v.Open() {
		to, from = from, to
	}
	if err := g.in(from).Delete(keyUint(v.ID)); err != nil {
		return err
	}
	return g.in(to).Put(keyUint(v.ID), encode((*gapValue)(&v)))
}

// addGap notes a gap. One that was noted already, by a process that was killed before its position moved, is the same one; the log's is settled
// where the bot heard everything meanwhile.
func (g *group) addGap(v membership.Gap) (note membership.Note, fresh bool, err error) {
	if v.Source == 0 || v.To < v.From {
		return note, false, fmt.Errorf("a gap that is none: %+v", v)
	}
	known, err := g.gaps()
	if err != nil {
		return note, false, err
	}
	for _, old := range known {
		if merged, same := old.Merge(v); same {
			if merged == old {
				return note, false, nil
			}
			return note, false, g.putGap(merged)
		}
	}
	var s sourcesValue
	if _, err := g.state(keySources, &s); err != nil {
		return note, false, err
	}
	v.Noted = g.now
	if v.ID, err = g.in(bucketGaps).NextSequence(); err != nil {
		return note, false, err
	}
	if err := g.putGap(v); err != nil {
		return note, false, err
	}
	covered := v.Covered(membership.Sources(s))
	text := fmt.Sprintf("The history from %s to %s is lost: %s.", v.From, v.To, v.Reason)
	if covered {
		text += " The bot's updates were whole meanwhile: who came and went is known, and not always who did it."
	}
	if note, err = g.note(membership.Note{Kind: membership.NoteGap, From: v.From, To: v.To, Gap: v.ID, Text: text}); err != nil {
		return note, false, err
	}
	if covered {
		err = g.settle(v, feedWhole, "")
	}
	return note, true, errors.Join(err, g.notice(text))
}

// What settles a gap of one source by the other.
const (
	feedWhole = "the bot's updates were whole meanwhile"
	logWhole  = "the admin log tells of all of it"
)

// settleCovered settles the gaps of the admin log that the bot's updates cover, once that is proved.
func (g *group) settleCovered(s membership.Sources) error {
	for _, v := range s.Gaps {
		if v.Covered(s) {
			if err := g.settle(v, feedWhole, historyLost(v)); err != nil {
				return err
			}
		}
	}
	return nil
}

// settleTold settles the gaps of the bot's updates of which a read of the admin log told everything, where no walk will: a group that is shown
// whole is walked soon, and that is the firmer word.
func (g *group) settleTold(before, after membership.Tail) error {
	if after.Read == before.Read {
		return nil
	}
	w, walked, err := g.lastWalk(isWalk)
	if err != nil || walked && w.Certificate != nil && w.Certificate.ShowsAllListed() {
		return err
	}
	open, err := g.openGaps()
	if err != nil || len(open) == 0 {
		return err
	}
	gaps, err := g.gaps()
	if err != nil {
		return err
	}
	for _, v := range open {
		if v.Told(before, after, gaps) {
			if err := g.settle(v, logWhole, ""); err != nil {
				return err
			}
		}
	}
	return nil
}

// settle notes that who is in is known anew since the gap, and how; what is lost all the same is said with it.
func (g *group) settle(v membership.Gap, how, lost string) error {
	v.Settled, v.How = g.now, how
	if err := g.putGap(v); err != nil {
		return err
	}
	text := fmt.Sprintf("Who is in the group does not rest on the time before %s any more: %s.%s", v.To, how, lost)
	_, err := g.note(membership.Note{Kind: membership.NoteGapSettled, From: v.From, To: v.To, Gap: v.ID, Text: text})
	return err
}

// historyLost says that nothing gives back what happened.
func historyLost(v membership.Gap) string {
	return fmt.Sprintf(" The history from %s to %s stays lost.", v.From, v.To)
}

// settleBy settles the gaps before a walk that showed everybody who is listed. Who was known and not shown is in doubt, and looked up.
func (g *group) settleBy(w *walkValue) error {
	open, err := g.openGaps()
	if err != nil {
		return err
	}
	for _, v := range open {
		if v.SettledBy(w.Started) {
			if err := g.settle(v, fmt.Sprintf("walk %d showed everybody who is listed", w.ID), historyLost(v)); err != nil {
				return err
			}
		}
	}
	return nil
}

// Gaps are the spans of which a source lost the history, settled ones too, oldest first.
func (r *Roster) Gaps(ctx context.Context, id membership.GroupID) (gaps []membership.Gap, err error) {
	gaps = []membership.Gap{}
	err = r.viewGroup(ctx, id, func(g *group) (err error) {
		gaps, err = g.gaps()
		return err
	})
	return gaps, wrap(err, "read the gaps of group %d", id)
}

// SettleGap is the owner's word that a gap is no reason for doubt any more. A gap that is settled stays as it is.
func (r *Roster) SettleGap(ctx context.Context, id membership.GroupID, gap uint64, how string) error {
	err := r.updateGroup(ctx, id, func(g *group) error {
		key := keyUint(gap)
		raw := g.in(bucketGaps).Get(key)
		switch {
		case raw == nil && g.in(bucketSettled).Get(key) == nil:
			return ErrUnknownGap
		case raw == nil:
			return nil
		}
		v, err := decodeGap(key, raw)
		if err != nil {
			return err
		}
		return g.settle(v, how, historyLost(v))
	})
	return wrap(err, "settle gap %d", gap)
}
