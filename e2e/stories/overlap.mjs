// A user logs in again while his logout is still going on: he is let in at the first attempt, where he was,
// and the logout is answered.

import { check, story } from './story.mjs';
import { distance, Viewer } from './viewer.mjs';

const rounds = 5;

story(async ({ grid, users: [user] }) => {
    let viewer = await Viewer.enter(grid, user, user.start);
    for (let round = 1; round <= rounds; round++) {
        const rest = await viewer.walk(2);
        const [, next] = await Promise.all([viewer.leave(), Viewer.enter(grid, user)]);
        check(distance(next.landing, rest) < 1, `round ${round}: left at ${JSON.stringify(rest)}, landed at ${JSON.stringify(next.landing)}`);
        viewer = next;
    }
    await viewer.leave();
});
