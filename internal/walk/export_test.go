package walk

import "rollcall/internal/membership"

// WordsOf are the words of a text by the rule, and the same without the table.
func WordsOf(of membership.SearchRule, text string, username bool) (words, normal []string) {
	r := rule(of)
	r.each(text, username, func(word string) { words = append(words, word) })
	r.eachNormal(text, username, func(word string) { normal = append(normal, word) })
	return words, normal
}

// Numbers are the persons' numbers, entered in that order into a register.
func Numbers(users []membership.UserID) (of func(membership.UserID) (int32, bool)) {
	k := &known{}
	for i, user := range users {
		k.heard.enter(user).number = int32(i)
	}
	return k.number
}
