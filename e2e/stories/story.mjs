// How a story is told: what the test gives it comes as JSON in the first argument, what the test is to know
// goes out as lines of JSON with an "event", and the exit code says whether it ended well.

import { format } from 'node:util';

// Messages that have become longer since the library was written: it says so, and reads what it knows.
const longer = /^WARNING: Finished reading (AvatarAppearance|ImprovedInstantMessage|MapBlockReply|RegionInfo)Message /;

// What the library finds wrong with what the server sends it prints, and goes on.
const complaints = [];
const print = console.error;
console.error = (...words) => {
    const complaint = format(...words);
    if (!longer.test(complaint)) {
        complaints.push(complaint);
        print(complaint);
    }
};

// tell lets the test know.
export function tell(event, facts = {}) {
    process.stdout.write(JSON.stringify({ event, ...facts }) + '\n');
}

// check fails the story when something does not hold.
export function check(holds, sentence) {
    if (!holds) {
        throw new Error(sentence);
    }
}

// story plays one. The function is given what the test gave: grid, the login URI, and users, each with
// first, last and password, and start, where he is to arrive to have room. No story outlives its test, which holds the other end of the standard input.
export async function story(play) {
    process.stdin.once('end', () => process.exit(1)).resume();
    try {
        await play(JSON.parse(process.argv[2]));
        check(complaints.length === 0, `the library complained:\n${complaints.join('\n')}`);
    } catch (error) {
        print(error);
        process.exit(1);
    }
    process.exit(0);
}
