// The users walk a bit, and stand. Then the test shuts the server down, and each is thrown out with a word.

import { check, story, tell } from './story.mjs';
import { Viewer } from './viewer.mjs';

story(async ({ grid, users }) => {
    const viewers = await Promise.all(users.map((user) => Viewer.enter(grid, user, user.start)));
    const places = [];
    for (const [i, viewer] of viewers.entries()) {
        places.push(await viewer.walk(2 + 2 * i));
    }
    tell('standing', { places });
    const reasons = await Promise.all(viewers.map((viewer) => viewer.thrownOut({ within: 25_000 })));
    check(reasons.every((reason) => reason.length > 0), 'thrown out without a word');
});
