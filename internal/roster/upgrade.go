package roster

import (
	"time"

	bolt "go.etcd.io/bbolt"

	"rollcall/internal/membership"
)

// upgrade makes layout 5 or 6 into the present one, in one transaction: killed meanwhile, the file is what it was. What an older version did
// not keep stays unknown.
func upgrade(db *bolt.DB, from uint64) error {
	return guarded(func() error {
		return db.Update(func(tx *bolt.Tx) error {
			for _, name := range fileBuckets {
				if _, err := tx.CreateBucketIfNotExists(name); err != nil {
					return err
				}
			}
			err := eachGroup(tx, membership.At(time.Now()), func(g *group) error { return g.upgrade(from) })
			if err != nil {
				return err
			}
			return tx.Bucket(bucketMeta).Put(keySchema, schemaValue(schema))
		})
	})
}

func (g *group) upgrade(from uint64) error {
	for _, name := range groupBuckets {
		if _, err := g.root.CreateBucketIfNotExists(name); err != nil {
			return err
		}
	}
	gaps := g.partGaps
	if from == 5 {
		gaps = g.freeGaps
	}
	if err := gaps(); err != nil {
		return err
	}
	// A lookup that told something new took the place of what an event had told. The ledger holds both.
	return rebuildLedger(g, &Rebuilt{})
}

// freeGaps takes the gaps out of the record of the sources.
func (g *group) freeGaps() error {
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

// partGaps puts the settled gaps apart from the open ones.
func (g *group) partGaps() error {
	gaps, err := g.gaps()
	if err != nil {
		return err
	}
	for _, gap := range gaps {
		if err := g.putGap(gap); err != nil {
			return err
		}
	}
	return nil
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
