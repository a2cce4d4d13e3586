package people

import (
	"strings"
	"sync"
)

// spellings are letters with the ASCII that people write for them in a username.
const spellings = `
	á a à a â a ä a ã a å a ā a ă a ą a ạ a ả a ấ a ầ a ẩ a ẫ a ậ a ắ a ằ a ẳ a ẵ a ặ a æ ae ç c ć c č c ď d đ d ð d
	é e è e ê e ë e ē e ė e ę e ě e ẹ e ẻ e ẽ e ế e ề e ể e ễ e ệ e ğ g í i ì i î i ï i ī i ı i ị i ỉ i ĩ i ł l ľ l
	ñ n ń n ň n ó o ò o ô o ö o õ o ø o ő o ọ o ỏ o ố o ồ o ổ o ỗ o ộ o ơ o ớ o ờ o ở o ỡ o ợ o œ oe ř r ś s š s ş s ș s ß ss
	ť t ț t ţ t þ th ú u ù u û u ü u ū u ů u ű u ụ u ủ u ũ u ư u ứ u ừ u ử u ữ u ự u ý y ÿ y ỳ y ỵ y ỷ y ỹ y ź z ż z ž z ẓ z
	а a б b в v г g д d е e ё e ж zh з z и i й y к k л l м m н n о o п p р r с s т t у u ф f х kh ц ts ч ch ш sh щ sch
	ы y э e ю yu я ya і i ї yi є ye ґ g`

var spelling = sync.OnceValue(func() map[rune]string {
	out := make(map[rune]string)
	pairs := strings.Fields(spellings)
	for i := 0; i < len(pairs); i += 2 {
		letter, ascii := pairs[i], pairs[i+1]
		out[[]rune(letter)[0]] = ascii
		if capital := []rune(strings.ToUpper(letter)); len(capital) == 1 && letter != "ı" {
			out[capital[0]] = strings.ToUpper(ascii[:1]) + ascii[1:]
		}
	}
	out['İ'] = "I"
	return out
})

// single are the ASCII characters as strings.
var single = func() (out [128]string) {
	for i := range out {
		out[i] = string(rune(i))
	}
	return out
}()

// ascii spells a letter; empty for what nobody writes in ASCII.
func ascii(r rune) string {
	if r < 128 {
		return single[r]
	}
	return spelling()[r]
}

// spell writes a name in ASCII.
func spell(name string) string {
	var b strings.Builder
	for _, r := range name {
		b.WriteString(ascii(r))
	}
	return b.String()
}

// oneLetter is a name of one letter, with or without another or a surname behind it.
func (s *Source) oneLetter(w writer) Person {
	p := Person{FirstName: s.letter(w.culture)}
	switch {
	case !w.hasLast:
	case s.percent(50):
		p.LastName = s.letter(w.culture)
	default:
		p.LastName = w.surname
	}
	return p
}

// letter is one of the culture's, now and then a Latin one; for Han it is a character.
func (s *Source) letter(c *culture) string {
	switch {
	case s.percent(20):
		return pick(s.rng, habits["en"].letters)
	case c.rare != nil && s.percent(60):
		return pick(s.rng, c.rare)
	case c.rare != nil:
		return characters.of(s.rng, lists()["zh given"])
	}
	return pick(s.rng, c.letters)
}

// symbols is a name that no search finds.
func (s *Source) symbols(w writer) Person {
	p := Person{FirstName: pick(s.rng, pictures)}
	switch s.rng.IntN(4) {
	case 0:
		p.FirstName = s.write(p.FirstName, p.FirstName, p.FirstName)
	case 1:
		p.FirstName = s.write(p.FirstName, pick(s.rng, pictures))
	case 2:
		p.FirstName = pick(s.rng, marks)
	}
	if w.hasLast {
		p.LastName = pick(s.rng, pictures)
	}
	return p
}

var (
	pictures = words(`🌸 🔥 ❤️ 💎 🌍 🚀 ☕ ⚡️ 🐻 🦊 🇩🇪 🇺🇦 🇮🇷 🇺🇸 👨‍👩‍👧‍👦 👩🏽‍🚀 ✨ 🌙 ⭐️ 💫 🌹 🍀 🎧 🎮 👑 💀 👻 🤍 🖤 💙 💜 🐱 🐺 🦋 🌻 🍓 🍉 🌊 ☀️
		🎵 ⚽️ 🏍 🚗 📚 🧿 😎 😈 🥷 🤡 🙃 🫶 👾 🤖 🐼 🐸 🦁 🐝 🌴 🍁 ❄️ 🕊 💰 🎯 🏴‍☠️ 🏳️‍🌈 ♛ ♥ ★ ☾ ☠ ♪ ✿ ◆ ∞ ✞ ☭ ☯ ♾ ⚜`)
	marks = words(`. .. ... - -- _ ~ * *** ! ? | || / \ // :) :( ;) ^_^ >_< ¯\_(-)_/¯ $ $$$ @ # & + = ( ) [] {} ° ‽ … — « » † ‡ § ¶ • ☆ ◇ 【】 ・ ، ؟ ۔ । 。 、
		<> "" '' %`)
)
