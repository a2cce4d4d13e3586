package people

import (
	"strings"
	"unicode/utf8"
)

// style is an alphabet that looks like the Latin one and is not: the rune that stands for each small and each capital letter.
type style struct{ small, capital [26]rune }

// allStyles begin with those that are found everywhere. Unicode keeps some letters of the mathematical alphabets elsewhere,
// where they were before.
var allStyles = []style{
	mathematical(0x1d400, ""), // bold
	mathematical(0x1d4d0, ""), // bold script
	mathematical(0x1d468, ""), // bold italic
	mathematical(0x1d49c, "BℬEℰFℱHℋIℐLℒMℳRℛeℯgℊoℴ"), // script
	mathematical(0x1d504, "CℭHℌIℑRℜZℨ"),             // Fraktur
	mathematical(0x1d56c, ""),                       // bold Fraktur
	mathematical(0x1d538, "CℂHℍNℕPℙQℚRℝZℤ"),         // double-struck
	mathematical(0x1d434, "hℎ"),                     // italic
	mathematical(0x1d5a0, ""),                       // sans-serif and its kinds
	mathematical(0x1d5d4, ""),
	mathematical(0x1d608, ""),
	mathematical(0x1d63c, ""),
	mathematical(0x1d670, ""), // monospace
	consecutive('ａ', 'Ａ'),     // full width
	consecutive('ⓐ', 'Ⓐ'),     // circled, squared and filled ones are symbols, so no search finds them
	consecutive('🄰', '🄰'),
	consecutive('🅰', '🅰'),
	spelled("ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘǫʀꜱᴛᴜᴠᴡxʏᴢ"),
	spelled("αвc∂єfgнιנкℓмησρqяѕтυνωχуz"),
	spelled("ąცƈɖɛʄɠɧıʝƙƖɱŋơ℘զཞʂɬų۷ῳҳყʑ"),
}

func consecutive(small, capital rune) (s style) {
	for i := range 26 {
		s.small[i], s.capital[i] = small+rune(i), capital+rune(i)
	}
	return s
}

// mathematical is an alphabet that begins at a code point with its capitals; elsewhere has the letters that are not there,
// each behind the letter that it stands for.
func mathematical(from rune, elsewhere string) style {
	s := consecutive(from+26, from)
	runes := []rune(elsewhere)
	for i := 0; i < len(runes); i += 2 {
		if letter := runes[i]; letter >= 'a' {
			s.small[letter-'a'] = runes[i+1]
		} else {
			s.capital[letter-'A'] = runes[i+1]
		}
	}
	return s
}

func spelled(alphabet string) (s style) {
	i := 0
	for _, r := range alphabet {
		s.small[i], s.capital[i] = r, r
		i++
	}
	return s
}

// set writes a name of Latin letters, marked or not, in the style.
func (y style) set(name string) string {
	var b strings.Builder
	for _, r := range name {
		for _, c := range ascii(r) {
			switch {
			case c >= 'a' && c <= 'z':
				b.WriteRune(y.small[c-'a'])
			case c >= 'A' && c <= 'Z':
				b.WriteRune(y.capital[c-'A'])
			default:
				b.WriteRune(c)
			}
		}
	}
	return b.String()
}

// fancy writes the names in letters out of the ordinary.
func (s *Source) fancy(w writer) Person {
	var p Person
	if w.culture.stretched && !w.inLatin && s.percent(70) {
		p.FirstName = stretch(w.given)
		if w.hasLast {
			p.LastName = stretch(w.surname)
		}
		return p
	}
	y := s.population.styles[s.rng.IntN(len(s.population.styles))]
	p.FirstName = y.set(w.latin)
	if w.hasLast {
		p.LastName = y.set(w.latinSurname)
	}
	return p
}

// stretch draws the strokes between Arabic letters out and, in long names, sets a mark above.
func stretch(name string) string {
	const tatweel, mark = "\u0640", "\u06e3"
	first, size := utf8.DecodeRuneInString(name)
	var b strings.Builder
	b.WriteRune(first)
	b.WriteString(tatweel + tatweel)
	for _, r := range name[size:] {
		b.WriteRune(r)
		if r > 0x61f && r < 0x6d4 {
			b.WriteString(tatweel)
		}
	}
	if len(name) > 10 {
		b.WriteString(mark)
	}
	return b.String()
}
