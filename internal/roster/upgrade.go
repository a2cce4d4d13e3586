package roster

import (
	"time"

	bolt "go.etcd.io/bbolt"

	"rollcall/internal/membership"
)

// upgrade makes layout 5 into the present one, in one transaction: killed meanwhile, the file is what it was. What an older version did not
// keep stays unknown.
func upgrade(db *bolt.DB) error {
	return guarded(func() error {
		return db.Update(func(tx *bolt.Tx) error {
			for _, name := range fileBuckets {
				if _, err := tx.CreateBucketIfNotExists(name); err != nil {
					return err
				}
			}
			if err := eachGroup(tx, membership.At(time.Now()), (*group).upgrade); err != nil {
				return err
			}
			return tx.Bucket(bucketMeta).Put(keySchema, schemaValue(schema))
		})
	})
}

func (g *group) upgrade() error {
	for _, name := range groupBuckets {
		if _, err := g.root.CreateBucketIfNotExists(name); err != nil {
			return err
		}
	}
	var s sources5
	if ok, err := g.state(keySources, &s); !ok || err != nil {
		return err
	}
	for _, gap := range s.Gaps {
		var err error
		// It was not kept which source had lost them: the feed's are the ones that matter.
		gap.Source, gap.Noted = membership.GapFeed, gap.To
		if gap.ID, err = g.in(bucketGaps).NextSequence(); err != nil {
			return err
		}
		if err := g.putGap(gap); err != nil {
			return err
		}
	}
	return g.setState(keySources, (*sourcesValue)(&s))
}

// sources5 is the record of the sources in layout 5.
type sources5 membership.Sources

func (s *sources5) fields(w *wire) {
	w.flag(&s.BotAdmin)
	signed(w, &s.BotFeed)
	signed(w, &s.FeedFrom)
	signed(w, &s.AdminLog)
	signed(w, &s.Walk)
	list(w, &s.Gaps, func(w *wire, g *membership.Gap) {
		signed(w, &g.From)
		signed(w, &g.To)
		w.text(&g.Reason)
	})
}
