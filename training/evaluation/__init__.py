"""What a model knows: multiple choice by likelihood and by its own answers, on medical question sets."""
