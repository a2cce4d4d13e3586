package people

import (
	"fmt"
	"strings"
)

// Profile is whom a group draws.
type Profile uint8

// The profiles that walk.md's measurements were made with. The zero value is the international one.
const (
	International Profile = iota // 21 cultures
	Russian
	Persian
	Chinese
)

var profileNames = [...]string{International: "intl", Russian: "ru", Persian: "fa", Chinese: "zh"}

func (p Profile) String() string { return profileNames[p] }

// MarshalText writes the profile's short name.
func (p Profile) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// UnmarshalText reads the profile's short name: intl, ru, fa or zh.
func (p *Profile) UnmarshalText(text []byte) error {
	for i, name := range profileNames {
		if name == string(text) {
			*p = Profile(i)
			return nil
		}
	}
	return fmt.Errorf("%q is none of %s", text, strings.Join(profileNames[:], ", "))
}

// population is a profile's mix of people.
type population struct {
	blend  []blend
	styles []style // how those who write fancy letters do
}

// blend is how large a part a culture has among those who joined first and among those who joined last.
type blend struct {
	culture     string
	first, last int
}

var populations = [...]population{
	International: {
		blend: []blend{
			{"en", 170, 90},
			{"ru", 150, 80},
			{"de", 70, 30},
			{"es", 80, 60},
			{"fr", 50, 30},
			{"it", 45, 25},
			{"pt", 50, 60},
			{"pl", 35, 20},
			{"uk", 40, 40},
			{"tr", 40, 60},
			{"fa", 50, 110},
			{"ar", 50, 100},
			{"hi", 50, 110},
			{"id", 30, 80},
			{"uz", 15, 50},
			{"vi", 15, 30},
			{"zh", 26, 30},
			{"ja", 12, 8},
			{"ko", 10, 8},
			{"he", 12, 8},
			{"th", 8, 15},
		},
		styles: allStyles,
	},
	Russian: {
		blend: []blend{
			{"ru", 820, 640},
			{"uk", 70, 50},
			{"uz", 30, 140},
			{"en", 30, 40},
			{"tr", 10, 30},
			{"fa", 5, 20},
			{"ar", 5, 20},
			{"de", 20, 10},
			{"pl", 10, 10},
			{"hi", 0, 25},
			{"zh", 1, 4},
		},
		styles: allStyles,
	},
	Persian: {
		blend:  []blend{{"fa", 900, 690}, {"ar", 30, 90}, {"tr", 20, 80}, {"en", 40, 70}, {"ru", 5, 10}, {"hi", 5, 60}},
		styles: allStyles[:3],
	},
	Chinese: {
		blend: []blend{
			{"zh", 820, 720},
			{"tw", 80, 60},
			{"en", 60, 90},
			{"id", 5, 30},
			{"vi", 5, 30},
			{"ja", 10, 10},
			{"ko", 10, 10},
			{"ru", 10, 20},
			{"hi", 0, 30},
		},
		styles: allStyles,
	},
}

// culture picks one for somebody who joined at that fraction of the history.
func (s *Source) culture(joined float64) *culture {
	late := int(1000 * min(max(joined, 0), 1))
	weight := func(b blend) int { return b.first*(1000-late) + b.last*late }
	total := 0
	for _, b := range s.population.blend {
		total += weight(b)
	}
	n, at := s.rng.IntN(total), 0
	for n >= weight(s.population.blend[at]) {
		n -= weight(s.population.blend[at])
		at++
	}
	return cultures()[s.population.blend[at].culture]
}
