// The users log in, and stay until the test ends them.

import { story, tell } from './story.mjs';
import { Viewer } from './viewer.mjs';

story(async ({ grid, users }) => {
    await Promise.all(users.map((user) => Viewer.enter(grid, user, user.start)));
    tell('in');
    await new Promise(() => {});
});
