// The users log in, at the first attempt, and land at the places where they were when that is known.

import { check, story } from './story.mjs';
import { distance, Viewer } from './viewer.mjs';

story(async ({ grid, users, places }) => {
    for (const [i, user] of users.entries()) {
        const viewer = await Viewer.enter(grid, user);
        check(viewer.bot.agent.startLocation === 'last', `${viewer.name} arrived at: ${viewer.bot.agent.startLocation}`);
        if (places) {
            const away = distance(viewer.landing, places[i]);
            check(away < 1, `${viewer.name} landed ${away} m from where he was`);
        }
        await viewer.leave();
    }
});
