package people

import (
	_ "embed"
	"strings"
	"sync"
)

//go:embed names/names.txt
var namesText string

// lists are the sections of names.txt. The names share its memory, which is the program's own.
var lists = sync.OnceValue(func() map[string][]string {
	out := make(map[string][]string)
	for section := range strings.SplitSeq(namesText, "[") {
		name, rest, ok := strings.Cut(section, "]\n")
		if ok {
			out[name] = strings.Split(strings.TrimSuffix(rest, "\n"), "\n")
		}
	}
	return out
})

// culture is the names of one language's people, the commonest first, and how they fill in a profile.
type culture struct {
	women, men    []string
	surnames      []string
	womenSurnames []string // beside surnames, rank for rank; nil where women bear the same
	latin         []string // given names in Latin letters; nil where these are the own, or are spelled out letter by letter
	latinSurnames []string
	characters    []string // given names are put together from these; nil elsewhere
	words         []string // words of the language that people call themselves by
	letters       []string // what one-letter names are
	rare          []string // letters so many that nobody lists them, for Han
	inLatin       int      // percent who write themselves in Latin letters
	whole         int      // percent of those without a last name who have it in the first name's field
	nicknamed     int      // percent who go by some word
	surnameFirst  bool     // surname before given name, without a space
	spelled       bool     // Latin letters come from spelling the name out
	marked        bool     // right to left: some put marks for that into the name
	stretched     bool     // fancy writing stretches the letters instead of replacing them
	fewSurnames   bool     // the commonest surnames have most of a tenth each
}

const (
	latinLetters  = `A B C D E F G H I J K L M N O P Q R S T U V W X Y Z a b c d e h i j k l m n r s t v x y z`
	cyrillic      = `А Б В Г Д Е Ж З И К Л М Н О П Р С Т Ф Х Ч Ш Э Ю Я а в г д к м н с т ю я`
	arabicLetters = `ا ب ت ج ح خ د ر ز س ش ص ع ف ق ك ل م ن ه و ي`
)

// habits are what names.txt does not say of a culture.
var habits = map[string]culture{
	"en": {letters: words(latinLetters), nicknamed: 8, whole: 8},
	"de": {letters: words(latinLetters + ` Ä Ö Ü`), nicknamed: 6, whole: 6},
	"fr": {letters: words(latinLetters), nicknamed: 6, whole: 6},
	"es": {letters: words(latinLetters + ` Ñ`), nicknamed: 5, whole: 10},
	"pt": {letters: words(latinLetters), nicknamed: 5, whole: 10},
	"it": {letters: words(latinLetters), nicknamed: 5, whole: 6},
	"pl": {letters: words(latinLetters + ` Ł Ż`), nicknamed: 5, whole: 6},
	"tr": {letters: words(latinLetters + ` Ç Ş Ö Ü İ`), nicknamed: 5, whole: 8},
	"uz": {letters: words(latinLetters), nicknamed: 4, whole: 6},
	"id": {letters: words(latinLetters), nicknamed: 6, whole: 20},
	"vi": {letters: words(latinLetters + ` Đ`), nicknamed: 4, whole: 20},
	"ru": {letters: words(cyrillic), nicknamed: 6, whole: 6, inLatin: 16, spelled: true},
	"uk": {letters: words(cyrillic + ` І Ї Є`), nicknamed: 5, whole: 6, inLatin: 14, spelled: true},
	"ar": {letters: words(arabicLetters), nicknamed: 4, whole: 14, inLatin: 35, marked: true, stretched: true},
	"fa": {letters: words(arabicLetters + ` آ پ چ ژ ک گ ی`), nicknamed: 4, whole: 10, inLatin: 26, marked: true, stretched: true},
	"he": {letters: words(`א ב ג ד ה ו ח י ל מ נ ש ת`), nicknamed: 4, whole: 10, inLatin: 40, marked: true},
	"hi": {letters: words(`अ आ क ग ज न प म र ल व श स ह`), nicknamed: 5, whole: 20, inLatin: 55},
	"th": {letters: words(`ก ข ค น บ ป ม ย ร ส อ`), nicknamed: 4, whole: 14, inLatin: 40},
	"zh": {nicknamed: 34, whole: 30, inLatin: 12, surnameFirst: true, fewSurnames: true},
	"tw": {nicknamed: 15, whole: 40, inLatin: 30, surnameFirst: true, fewSurnames: true},
	"ja": {letters: words(`あ い う え か さ た な ま や ゆ り る ア ケ リ`), nicknamed: 4, whole: 25, inLatin: 30, surnameFirst: true},
	"ko": {letters: words(`김 이 박 강 윤 민 준 현 ㅇ ㅋ`), nicknamed: 12, whole: 40, inLatin: 25, surnameFirst: true, fewSurnames: true},
}

// cultures joins habits and lists.
var cultures = sync.OnceValue(func() map[string]*culture {
	out := make(map[string]*culture, len(habits))
	for name, c := range habits {
		c.women, c.men = lists()[name+" women"], lists()[name+" men"]
		c.surnames, c.womenSurnames = lists()[name+" surnames"], lists()[name+" women's surnames"]
		c.latin, c.latinSurnames = lists()[name+" latin"], lists()[name+" latin surnames"]
		c.words = lists()[name+" words"]
		switch name {
		case "zh":
			c.characters, c.rare = lists()["zh given"], lists()["zh characters"]
		case "tw":
			c.words, c.rare = lists()["zh words"], lists()["zh characters"]
		case "ja":
			c.characters = lists()["ja kanji"]
		}
		out[name] = &c
	}
	return out
})

func words(s string) []string { return strings.Fields(s) }
