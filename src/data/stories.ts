// The stories behind the quickstart's word problems: one to three operations each, with numbers
// that a small model cannot work out in its head.

import { type Story, story } from './story.ts'

export const stories: readonly Story[] = [
  story({
    name: 'shopping',
    ranges: { count: [12, 98], price: [13, 79], fee: [15, 240] },
    formula: 'count * price + fee',
    wordings: [
      '{name} buys {count} {thing} at {price} dollars each and pays {fee} dollars for delivery. How many dollars does {name} pay in total?',
      'A shop sells {thing} for {price} dollars apiece. {name} orders {count} of them. Shipping costs {fee} dollars. What is the total cost in dollars?',
      'For a school, {name} orders {count} {thing}. Each one costs {price} dollars, and there is a fixed fee of {fee} dollars. How much is the bill in dollars?',
      'The delivery fee is {fee} dollars and every one of the {count} {thing} that {name} wants costs {price} dollars. How many dollars must {name} spend?',
    ],
    things: ['chairs', 'lamps', 'backpacks', 'calculators', 'helmets', 'tents', 'keyboards'],
  }),
  story({
    name: 'harvest',
    ranges: { rows: [14, 88], plants: [16, 95], lost: [25, 300] },
    formula: 'rows * plants - lost',
    accepts: (q) => q.rows * q.plants > 2 * q.lost,
    wordings: [
      '{name} plants {rows} rows of {thing} with {plants} plants in each row. A storm destroys {lost} plants. How many plants are left?',
      'A field has {rows} rows, and each row holds {plants} {thing}. Insects ruin {lost} of them. How many {thing} survive?',
      'On the farm of {name} there were {rows} rows of {plants} {thing} each. Then {lost} {thing} were lost to frost. How many remain?',
      'After losing {lost} plants to hail, how many {thing} does {name} still have, if there were {rows} rows with {plants} in every row?',
    ],
    things: ['tomatoes', 'cabbages', 'sunflowers', 'pumpkins', 'leeks', 'melons'],
  }),
  story({
    name: 'travel',
    ranges: { speed: [43, 128], hours: [3, 19], walked: [12, 95] },
    formula: 'speed * hours + walked',
    wordings: [
      '{name} rides a {thing} at {speed} kilometers per hour for {hours} hours and then goes another {walked} kilometers on foot. How many kilometers is that in all?',
      'A {thing} moves at {speed} km per hour for {hours} hours. Afterwards it is towed for {walked} km. How many km does it cover altogether?',
      'At a steady {speed} kilometers per hour, a {thing} travels for {hours} hours. {name} then continues for {walked} kilometers by bicycle. What is the total distance in kilometers?',
      'How far does {name} get, in kilometers, after {hours} hours in a {thing} at {speed} kilometers per hour and a hike of {walked} kilometers?',
    ],
    things: ['train', 'bus', 'truck', 'van', 'motorbike', 'tractor'],
  }),
  story({
    name: 'sharing',
    ranges: { boxes: [6, 48], each: [24, 144], people: [3, 24] },
    formula: 'boxes * each // people',
    accepts: (q) => (q.boxes * q.each) % q.people === 0,
    wordings: [
      '{boxes} boxes with {each} {thing} each are shared equally among {people} people. How many {thing} does each person get?',
      '{name} has {boxes} boxes of {each} {thing} and divides all of them equally between {people} friends. How many {thing} does one friend receive?',
      'A class of {people} children shares {boxes} packs of {thing}, each with {each} pieces. How many pieces does every child get?',
      'If {people} teams split {boxes} crates of {thing} evenly and a crate holds {each}, how many {thing} are there for each team?',
    ],
    things: ['marbles', 'stickers', 'cookies', 'pencils', 'beads', 'cards'],
  }),
  story({
    name: 'savings',
    ranges: { start: [120, 980], weekly: [17, 96], weeks: [12, 75], spent: [45, 400] },
    formula: 'start + weekly * weeks - spent',
    accepts: (q) => q.weekly * q.weeks > q.spent,
    wordings: [
      '{name} has {start} dollars and saves {weekly} dollars a week for {weeks} weeks. Then {name} spends {spent} dollars on {thing}. How many dollars are left?',
      'Starting with {start} dollars, {name} puts aside {weekly} dollars every week. After {weeks} weeks {name} buys {thing} for {spent} dollars. How much money remains, in dollars?',
      'An account holds {start} dollars. For {weeks} weeks it grows by {weekly} dollars per week, and at the end {spent} dollars go for {thing}. What is the balance in dollars?',
    ],
    things: ['a guitar', 'new shoes', 'a bicycle', 'a camera', 'books', 'a phone'],
  }),
  story({
    name: 'difference',
    ranges: { first: [24, 97], firstPrice: [21, 89], second: [11, 60], secondPrice: [11, 60] },
    formula: 'first * firstPrice - second * secondPrice',
    accepts: (q) => q.first * q.firstPrice > q.second * q.secondPrice,
    wordings: [
      'A company earns {firstPrice} dollars for each of {first} {thing} and pays {secondPrice} dollars for each of {second} repairs. How many dollars does it keep?',
      '{name} sells {first} {thing} at {firstPrice} dollars each and buys {second} tools at {secondPrice} dollars each. How many dollars does {name} have left from the sales?',
      'Income: {first} {thing} at {firstPrice} dollars. Costs: {second} parts at {secondPrice} dollars. What is the profit in dollars?',
    ],
    things: ['bicycles', 'paintings', 'radios', 'clocks', 'boots', 'toys'],
  }),
  story({
    name: 'library',
    ranges: { shelves: [12, 64], books: [18, 90], bought: [40, 700] },
    formula: 'shelves * books + bought',
    wordings: [
      'A library has {shelves} shelves with {books} {thing} on each. It buys {bought} more. How many {thing} does it have now?',
      'Each of the {shelves} shelves holds {books} {thing}, and {name} brings another {bought}. How many {thing} are there in all?',
      '{name} counts {books} {thing} on each of {shelves} shelves and {bought} {thing} in storage. What is the total number of {thing}?',
    ],
    things: ['books', 'magazines', 'records', 'films', 'maps', 'comics'],
  }),
  story({
    name: 'wages',
    ranges: { days: [11, 29], hours: [4, 11], pay: [12, 46], tax: [60, 420] },
    formula: 'days * hours * pay - tax',
    accepts: (q) => q.days * q.hours * q.pay > 2 * q.tax,
    wordings: [
      '{name} works as a {thing} for {days} days, {hours} hours a day, and earns {pay} dollars per hour. {tax} dollars are taken off as tax. How many dollars does {name} receive?',
      'A {thing} earns {pay} dollars an hour, works {hours} hours each day for {days} days, and pays {tax} dollars in tax. What is left, in dollars?',
      'For {days} days of {hours} hours at {pay} dollars per hour, what does a {thing} take home after {tax} dollars of tax?',
    ],
    things: ['baker', 'driver', 'painter', 'waiter', 'gardener', 'mechanic'],
  }),
  story({
    name: 'theater',
    ranges: { adults: [35, 260], adultPrice: [14, 48], children: [22, 180], childPrice: [6, 19] },
    formula: 'adults * adultPrice + children * childPrice',
    wordings: [
      'A {thing} sells {adults} adult tickets at {adultPrice} dollars and {children} child tickets at {childPrice} dollars. How many dollars does it take in?',
      '{adults} adults and {children} children visit a {thing}. Adults pay {adultPrice} dollars and children pay {childPrice} dollars. How much is paid in total, in dollars?',
      'Tickets for the {thing} cost {adultPrice} dollars for adults and {childPrice} dollars for children. {name} sells {adults} of the first and {children} of the second. What are the earnings in dollars?',
    ],
    things: ['theater', 'circus', 'zoo', 'museum', 'concert', 'fair'],
  }),
  story({
    name: 'factory',
    ranges: { machines: [8, 45], perHour: [12, 70], hours: [5, 22], broken: [30, 350] },
    formula: 'machines * perHour * hours - broken',
    accepts: (q) => q.machines * q.perHour * q.hours > 2 * q.broken,
    wordings: [
      '{machines} machines make {perHour} {thing} per hour each. After {hours} hours, {broken} {thing} turn out to be broken. How many good {thing} are there?',
      'In a factory every one of {machines} machines produces {perHour} {thing} an hour for {hours} hours. {name} throws away {broken} faulty ones. How many {thing} are left?',
      'How many {thing} can be sold if {machines} machines run for {hours} hours, each makes {perHour} {thing} per hour, and {broken} are defective?',
    ],
    things: ['bottles', 'bolts', 'cups', 'batteries', 'tiles', 'bulbs'],
  }),
]
