/* Trains the network on the board from random weights, by stochastic gradient descent with momentum. */
#include "images.h"
#include "digits.h"
#include "start.h"

static digits_params params;
static digits_grads grads;
static digits_sgd_state velocity; /* 0 at first */
static float work[digits_WORK > digits_PREDICT_WORK ? digits_WORK : digits_PREDICT_WORK];
static float x[BATCH * PIXELS], logits[BATCH * CLASSES];
static int32_t label[BATCH];
static int order[TRAINED];

static void take(int place, int image) {
    for (int i = 0; i < PIXELS; i++) {
        x[place * PIXELS + i] = (float)images[image][i] / 16.0f;
    }
    label[place] = labels[image];
}

static void step(int first, float rate) {
    float loss;
    for (int n = 0; n < BATCH; n++) {
        take(n, order[first + n]);
    }
    digits_value_and_grad(&params, x, label, &loss, &grads, work);
    digits_sgd(&params, &grads, &velocity, rate);
}

static int right(int first, int end) {
    int found = 0;
    for (int from = first; from < end; from += BATCH) {
        const int count = end - from < BATCH ? end - from : BATCH;
        for (int n = 0; n < count; n++) {
            take(n, from + n);
        }
        digits_predict(&params, x, logits, work);
        for (int n = 0; n < count; n++) {
            int best = 0;
            for (int k = 1; k < CLASSES; k++) {
                best = logits[n * CLASSES + k] > logits[n * CLASSES + best] ? k : best;
            }
            found += best == label[n];
        }
    }
    return found;
}

int main(void) {
    uint32_t state = 1;
    digits_init(&params, 1);
    for (int i = 0; i < TRAINED; i++) {
        order[i] = i;
    }
    say("held out, right of ");
    say_number(IMAGES - TRAINED);
    say(": ");
    say_number((uint32_t)right(TRAINED, IMAGES));
    say(" before\n");
    for (int epoch = 0; epoch < EPOCHS; epoch++) {
        for (int i = TRAINED - 1; i > 0; i--) {
            state = state * 1664525u + 1013904223u;
            const int other = (int)((state >> 8) % (uint32_t)(i + 1)), kept = order[i];
            order[i] = order[other];
            order[other] = kept;
        }
        for (int first = 0; first + BATCH <= TRAINED; first += BATCH) {
            step(first, 0.1f);
        }
    }
    say("held out, right: ");
    say_number((uint32_t)right(TRAINED, IMAGES));
    say(" after\n");
    begin_counting();
    step(0, 0.0f);
    say("ticks of a step: ");
    say_number(counted());
    say("\n");
    return 0;
}
