#pragma once

#include <chrono>
#include <span>
#include <vector>

#include "family/roots.h"
#include "model/queue.h"

/// What to ask about the queues that were found, and what the answers say. Somebody else does the asking:
///   for (Root& root : finder.finish())
///     for (Root& queue : queues_of(root, ask(name_questions(root))))
///       states.push_back(state(queue, ask(questions(queue)), now));
/// Answers stand in the order of their questions; one that is missing counts as empty.
namespace headroom::family {

/// What leads to the names of a root's queues; often nothing.
std::vector<Question> name_questions(const Root& root);
/// The root itself where there is something to say of it (for Bull it is the queue), then its queues by name.
/// `answers` are those to name_questions(root).
std::vector<Root> queues_of(const Root& root, std::span<const Answer> answers);

/// A dozen questions at most, all cheap: none reads more than a field, a count or the end of a set.
std::vector<Question> questions(const Root& queue);
/// `answers` are those to questions(queue); `now` is the server's clock, since the epoch. The owner is the
/// root, or of a queue in a root the key of its own list. States come in the library's own words and order.
/// Where the server refused a question, a flag says so: the numbers are then too low.
QueueState state(const Root& queue, std::span<const Answer> answers, std::chrono::milliseconds now);

}  // namespace headroom::family
